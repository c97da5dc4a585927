use cryptocloud_postback::openapi;
use cryptocloud_postback_inbox::Inbox;
use utoipa::openapi::OpenApi;

use crate::ProjectLookup;

/// Describes the route of many projects in OpenAPI, to merge into the document of the app.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_projects::projects_openapi;
///
/// let document = projects_openapi("/postback/{project}");
/// assert!(document.paths.get_path_item("/postback/{project}").is_some());
/// ```
#[must_use]
pub fn projects_openapi(path: &str) -> OpenApi {
    openapi::document(path, &[Inbox::RESPONSES, ProjectLookup::RESPONSES].concat())
}
