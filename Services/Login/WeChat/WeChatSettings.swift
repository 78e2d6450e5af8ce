// WeChat: the sign-in of the users of a WeChat mini program. This is a separate folder because it is the only part of
// login that calls a server of somebody else. Without `WXAPP_ID` and `WXAPP_SECRET` it does nothing.

import ServiceRuntime

/// The WeChat mini program whose users may sign in: `WXAPP_ID`, `WXAPP_SECRET` and `WXAPP_URL`.
struct WeChatSettings: Sendable {
    /// The id of the mini program (`appid`).
    let appID: String
    /// The secret of the mini program, which WeChat expects in each request. It must not reach a log.
    let appSecret: String
    /// The address of WeChat's server.
    let url: String

    /// Reads the variables. Nil when neither `WXAPP_ID` nor `WXAPP_SECRET` is set.
    init?(_ settings: inout Settings) {
        let id = settings.string("WXAPP_ID")
        let secret = settings.string("WXAPP_SECRET", isSecret: true)
        let url = settings.url("WXAPP_URL", default: "https://api.weixin.qq.com")
        if !url.hasPrefix("https://"), !NetworkAddress.isPlainLoopbackURL(url) {
            settings.reject("WXAPP_URL", "must begin with https, because login sends WXAPP_SECRET to it")
        }
        switch (id, secret) {
        case (let id?, let secret?): (appID, appSecret, self.url) = (id, secret, url)
        case (nil, nil): return nil
        case (_?, nil):
            settings.reject("WXAPP_SECRET", "is missing, but WXAPP_ID is set; set both variables or neither")
            return nil
        case (nil, _?):
            settings.reject("WXAPP_ID", "is missing, but WXAPP_SECRET is set; set both variables or neither")
            return nil
        }
    }
}
