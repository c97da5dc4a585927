//! What `/openapi.json` says, once for both frameworks.

use std::collections::BTreeMap;

use cryptocloud_postback_inbox::postback_openapi;
use cryptocloud_postback_projects::projects_openapi;
use utoipa::{
    IntoResponses, OpenApi, PartialSchema,
    openapi::{self, Content, RefOr, ResponseBuilder},
};

use crate::{Error, Postbacks};

/// The document of all routes but `/metrics`.
pub(crate) fn openapi(postbacks: &Postbacks) -> openapi::OpenApi {
    let route = match postbacks {
        Postbacks::One(..) => postback_openapi(postbacks.path()),
        Postbacks::Many(..) => projects_openapi(postbacks.path()),
    };
    let mut document = Routes::openapi();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post];
        for operation in operations.into_iter().flatten() {
            let mut tags = operation.tags.iter().flatten();
            if tags.any(|tag| tag == "orders" || tag == "held") {
                let text = operation.description.take().unwrap_or_default();
                operation.description = Some(format!("{text}\n\n{NEEDS_LOGIN}").trim().to_owned());
            }
        }
    }
    document.merge_from(route)
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Shop", description = ABOUT),
    tags(
        (name = "postbacks", description = "For the vendor, and the only public route."),
        (name = "orders", description = "For your website."),
        (name = "held", description = "For an operator, who decides what is credited."),
        (name = "health", description = "For your supervisor and your load balancer."),
    ),
    paths(
        routes::create_order,
        routes::orders,
        routes::order,
        routes::held,
        routes::accept,
        routes::dismiss,
        routes::retry,
        routes::healthz,
        routes::readyz,
    )
)]
struct Routes;

const ABOUT: &str = "This shop has no login of its own, so this document has no security scheme. Only the \
                     route of the postbacks is public, whose token is verified: put your own login \
                     before the routes of orders and of held payments, and let only your own machines \
                     reach the others, and `/metrics`, which is not described here.";
const NEEDS_LOGIN: &str = "**Put your own login before this route**: the shop has none.";

/// Those of a malformed request too, which the framework refuses.
impl IntoResponses for Error {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let responses = [
            (400, "request is malformed"),
            (404, "not found"),
            (409, "does not fit to what is stored"),
            (413, "body is too large"),
            (415, "body is not JSON"),
            (422, "a field has a value that it cannot have"),
            (502, "vendor's API failed"),
            (503, "database failed"),
        ];
        let document = |(status, description): (u16, _)| {
            let text = Content::new(Some(String::schema()));
            let response = ResponseBuilder::new().description(description);
            (
                status.to_string(),
                response.content("text/plain", text).build().into(),
            )
        };
        responses.map(document).into()
    }
}

#[expect(dead_code, reason = "each framework has its own handlers")]
mod routes {
    use crate::{
        Error, NewOrder, Order,
        held::{Accept, Dismiss, Held},
    };

    /// Creates an order, with its invoice if the shop has an API KEY.
    ///
    /// The same request again returns the order.
    #[utoipa::path(
        post,
        path = "/orders",
        tag = "orders",
        request_body = NewOrder,
        responses(
            (status = 200, description = "it existed", body = Order),
            (status = 201, description = "it is new", body = Order),
            Error,
        )
    )]
    fn create_order() {}

    /// Lists the newest hundred orders.
    #[utoipa::path(
        get,
        path = "/orders",
        tag = "orders",
        responses((status = 200, description = "the orders", body = [Order]), Error)
    )]
    fn orders() {}

    /// Shows an order, and the invoice that paid it.
    #[utoipa::path(
        get,
        path = "/orders/{id}",
        tag = "orders",
        params(("id" = String, Path, description = "the shop's own id")),
        responses((status = 200, description = "the order", body = Order), Error)
    )]
    fn order() {}

    /// Lists the payments that wait for an operator.
    #[utoipa::path(
        get,
        path = "/held",
        tag = "held",
        responses((status = 200, description = "of each state, the oldest hundred", body = [Held]), Error)
    )]
    fn held() {}

    /// Accepts a held payment.
    #[utoipa::path(
        post,
        path = "/held/{id}/accept",
        tag = "held",
        params(("id" = i64, Path, description = "of the held payment")),
        request_body = Accept,
        responses((status = 200, description = "a worker pays the order"), Error)
    )]
    fn accept() {}

    /// Dismisses a held payment.
    #[utoipa::path(
        post,
        path = "/held/{id}/dismiss",
        tag = "held",
        params(("id" = i64, Path, description = "of the held payment")),
        request_body = Dismiss,
        responses((status = 200, description = "it is discarded"), Error)
    )]
    fn dismiss() {}

    /// Runs the handler of a held payment again.
    #[utoipa::path(
        post,
        path = "/held/{id}/retry",
        tag = "held",
        params(("id" = i64, Path, description = "of the held payment")),
        responses((status = 200, description = "a worker handles it"), Error)
    )]
    fn retry() {}

    /// Tells a supervisor that the process lives.
    #[utoipa::path(
        get,
        path = "/healthz",
        tag = "health",
        responses((status = 200, description = "it does", body = String, content_type = "text/plain"))
    )]
    fn healthz() {}

    /// Tells a load balancer whether the shop can work.
    #[utoipa::path(
        get,
        path = "/readyz",
        tag = "health",
        responses(
            (status = 200, description = "it can", body = String, content_type = "text/plain"),
            (status = 503, description = "why not", body = String, content_type = "text/plain"),
        )
    )]
    fn readyz() {}
}
