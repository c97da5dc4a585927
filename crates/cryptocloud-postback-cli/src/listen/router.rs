use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{any, get, post},
};

use crate::guard;

use super::{api, app::App, events, page, receive};

pub(super) fn router(app: Arc<App>) -> Router {
    let page = Router::new()
        .route("/", get(page::show))
        .route("/api/events", get(events::stream))
        .route("/api/postbacks", get(api::list).delete(api::clear))
        .route("/api/postbacks/{id}", get(api::show))
        .route("/api/postbacks/{id}/resend", post(api::resend))
        .layer(middleware::from_fn_with_state(
            app.settings.address,
            guard::check,
        ));
    Router::new()
        // Not guarded: tunnels have their own Host and any site may post, but only the token is trusted.
        .route(&app.settings.path, any(receive::receive))
        .merge(page)
        .fallback(receive::wrong_path)
        .with_state(app)
}
