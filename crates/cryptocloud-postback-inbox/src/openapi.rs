use cryptocloud_postback::openapi;
use utoipa::openapi::OpenApi;

use crate::Inbox;

/// Describes the route of an inbox in OpenAPI, to merge into the document of the app.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::postback_openapi;
/// use utoipa::OpenApi;
///
/// #[derive(OpenApi)]
/// #[openapi(info(title = "Shop"))]
/// struct Shop;
///
/// let document = Shop::openapi().merge_from(postback_openapi("/postback"));
/// assert!(document.paths.get_path_item("/postback").is_some());
/// ```
#[must_use]
pub fn postback_openapi(path: &str) -> OpenApi {
    openapi::document(path, Inbox::RESPONSES)
}
