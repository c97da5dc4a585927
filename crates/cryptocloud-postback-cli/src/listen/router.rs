use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{any, get, post},
};

use crate::guard;

use super::{api, app::App, events, export, page, receive, resend};

pub(super) fn router(app: Arc<App>) -> Router {
    let page = page::router()
        .route("/api/events", get(events::stream))
        .route("/api/postbacks", get(api::list).delete(api::clear))
        .route("/api/postbacks/{id}", get(api::show))
        .route("/api/export", get(export::all))
        .route("/api/export/curl", get(export::all_as_curl))
        .route("/api/postbacks/{id}/curl", get(export::one_as_curl))
        .route("/api/postbacks/{id}/export", get(export::one))
        .route("/api/postbacks/{id}/resend", post(resend::resend))
        .layer(middleware::from_fn_with_state(
            app.settings.address,
            guard::guard,
        ));
    Router::new()
        // Not guarded: tunnels have their own Host and any site may post, but only the token is trusted.
        .route(&app.settings.path, any(receive::receive))
        .merge(page)
        .fallback(receive::wrong_path)
        .with_state(app)
}
