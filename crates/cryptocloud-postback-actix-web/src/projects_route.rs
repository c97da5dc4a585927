use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, Route, dev::Payload, web};
use cryptocloud_postback_projects::{ProjectLookup, Projects};

use crate::{PostbackConfig, VerifiedPostback, body, response};

/// A complete route for many projects, to mount at a path with the parameter `project`.
///
/// The head of the request is checked first, then the project is looked up by its name. From there on
/// it is [`postback_route`](crate::postback_route) with the project's verifier and inbox.
///
/// | response | when |
/// |---|---|
/// | 404 | there is no such project |
/// | 503 with `Retry-After` | the source of projects is down |
///
/// [`PostbackConfig::error_handler`] does not see these two.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use actix_web::web::ServiceConfig;
/// use cryptocloud_postback_actix_web::{projects::ProjectMap, projects_route};
///
/// fn configure(config: &mut ServiceConfig, projects: Arc<ProjectMap>) {
///     config.route("/postback/{project}", projects_route(projects));
/// }
/// ```
#[must_use]
pub fn projects_route(projects: Arc<dyn Projects>) -> Route {
    let lookup = Arc::new(ProjectLookup::new(projects));
    web::route().to(move |request: HttpRequest, payload: web::Payload| {
        let lookup = Arc::clone(&lookup);
        async move { receive(&request, payload.into_inner(), &lookup).await }
    })
}

async fn receive(
    request: &HttpRequest,
    payload: Payload,
    lookup: &ProjectLookup,
) -> Result<HttpResponse, actix_web::Error> {
    // Two configurations in nested scopes are refused by the extractor.
    let config = PostbackConfig::of(request).unwrap_or_default();
    let refusal = match body::check_head(request, Ok(None)) {
        Ok(_) => match lookup.find(request.match_info().get("project")).await {
            Ok(project) => {
                let verifier = Ok(project.verifier());
                let postback = VerifiedPostback::receive(request, payload, verifier).await?;
                return Ok(response::convert(project.inbox().receive(&postback).await));
            }
            Err(response) => Ok(response::convert(response)),
        },
        Err(error) => Err(config.response(error.into(), request)),
    };
    body::discard(request, payload, &config).await;
    refusal
}
