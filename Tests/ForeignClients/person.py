"""A person with a browser, who signs in and allows what a client asks for."""

import html
import re
import urllib.parse

import requests

PASSWORD = "correct horse battery staple"


def _submit(browser, page, **fields):
    """Submits the form of a page in `main`, with its hidden fields, and returns the response without following it."""
    form = re.search(r"<main.*?(<form.*?</form>)", page.text, re.DOTALL)[1]
    action = html.unescape(re.search(r'action="([^"]*)"', form)[1])
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    values = {name: html.unescape(value) for name, value in hidden} | fields
    return browser.post(urllib.parse.urljoin(page.url, action), values, timeout=60, allow_redirects=False)


def allow(url, name="alice", decision="allow"):
    """Opens the address of an authorization request. Returns the address at which the browser returns to the client."""
    browser = requests.Session()
    login = urllib.parse.urlsplit(url).netloc
    response = browser.get(url, timeout=60, allow_redirects=False)
    for _ in range(10):
        if response.is_redirect:
            location = urllib.parse.urljoin(response.url, response.headers["Location"])
            if urllib.parse.urlsplit(location).netloc != login:
                return location
            response = browser.get(location, timeout=60, allow_redirects=False)
        elif 'name="password"' in response.text:
            response = _submit(browser, response, username=name, password=PASSWORD)
        elif 'name="decision"' in response.text:
            response = _submit(browser, response, decision=decision)
        else:
            raise AssertionError(f"{response.status_code} {response.text}")
    raise AssertionError("too many redirects")
