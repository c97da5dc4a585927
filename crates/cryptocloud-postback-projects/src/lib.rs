#![doc = include_str!("../README.md")]
//!
//! # What is guaranteed
//!
//! 1. The head of a request is checked before its project is looked up, and nothing of the body is
//!    kept for a project that is unknown.
//! 2. An unknown name gets `404 {"error":"Not found"}`. Any number of them takes a bounded amount of
//!    memory and one line of the log a minute, without a name.
//! 3. A source that fails, or takes longer than 5 s, is a `503 {"error":"Not available"}` with
//!    `Retry-After`, never a 404.
//! 4. A [`Project`] exists only if its verifier and its inbox have the same name, so this mistake
//!    shows at the start and not at the first payment.
//! 5. While a secret changes, the inbox stays: [`Inboxes`] makes it once for each name.
//! 6. No secret and no API KEY is in an error, in `Debug` or in the log.
//!
//! # What is not
//!
//! A secret that the vendor already uses and the source does not know yet is refused with 401. Put the
//! new secret into the source first, with the old one in `also_accept`, then change it at the vendor.
//!
//! # Features
//!
//! - `api`: `ProjectApi`, the vendor's API with the key of each project, and `Inboxes::with_api` and
//!   `Inboxes::with_optional_api`, whose inboxes confirm and reconcile with it.
//! - `cache`: `CachedProjects`, a cache in front of a vault or a database, on `moka`.
//! - `file`: `FileProjects`, a watched TOML file, on `notify`.
//! - `metrics`: counts of refused requests and the state of the file, for the recorder of the crate
//!   `metrics`; see the module of that name.
//! - `utoipa`: `projects_openapi` describes the route in OpenAPI.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "api")]
mod api;
#[cfg(feature = "cache")]
mod cached;
#[cfg(feature = "file")]
mod file;
mod inboxes;
mod lookup;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "utoipa")]
mod openapi;
mod project;
mod projects;

#[cfg(feature = "api")]
pub use api::{CurrentApi, ProjectApi};
#[cfg(feature = "cache")]
pub use cached::CachedProjects;
#[cfg(feature = "file")]
pub use file::{FileError, FileProjects};
pub use inboxes::Inboxes;
pub use lookup::ProjectLookup;
#[cfg(feature = "utoipa")]
pub use openapi::projects_openapi;
pub use project::{Project, ProjectError};
pub use projects::{ProjectMap, Projects, SourceError};
