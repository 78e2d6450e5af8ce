// Shows the OpenAPI document of the service that serves this page.
if (typeof SwaggerUIBundle === "undefined") {
  document.getElementById("missing").hidden = false;
} else {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    displayRequestDuration: true,
    // By default, Swagger UI sends the URL of the document to a validator of a third party.
    validatorUrl: null,
  });
}
