use std::sync::Arc;

use axum::{
    extract::RawPathParams,
    routing::{MethodRouter, any},
};
use axum_core::{extract::Request, response::Response};
use cryptocloud_postback_projects::{ProjectLookup, Projects};

use crate::{VerifiedPostback, body};

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
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use cryptocloud_postback_axum::{
///     projects::{Project, ProjectError, ProjectMap},
///     projects_route,
/// };
///
/// fn app(shop: Project, club: Project) -> Result<Router, ProjectError> {
///     let projects = Arc::new(ProjectMap::new([shop, club])?);
///     Ok(Router::new().route("/postback/{project}", projects_route(projects)))
/// }
/// ```
pub fn projects_route<S>(projects: Arc<dyn Projects>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let lookup = Arc::new(ProjectLookup::new(projects));
    any(
        async move |parameters: RawPathParams, request: Request| -> Response {
            let mut parameters = parameters.iter();
            let name = parameters.find(|(key, _)| *key == "project");
            let found = match body::check_head(&request, None) {
                Ok(_) => lookup.find(name.map(|(_, name)| name)).await,
                Err(error) => Err(error.kind().response()),
            };
            let project = match found {
                Ok(project) => project,
                Err(response) => {
                    body::discard(request).await;
                    return response.into();
                }
            };
            match VerifiedPostback::receive(request, project.verifier()).await {
                Ok(postback) => project.inbox().receive(&postback).await.into(),
                Err(error) => error.kind().response().into(),
            }
        },
    )
}
