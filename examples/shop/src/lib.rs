#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
mod error;
mod held;
mod openapi;
mod order;
mod postbacks;
mod run;
mod settings;
mod telemetry;
mod vendor;

pub use error::{BoxError, Error, in_setting};
pub use metrics_exporter_prometheus::PrometheusHandle;
pub use order::{NewOrder, Order};
pub use postbacks::{Backend, Postbacks};
pub use run::{GRACE, run, stop};
pub use settings::{PROJECT, Secrets, Settings};
pub use vendor::{Source, Vendor};
