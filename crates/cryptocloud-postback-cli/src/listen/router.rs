use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{any, get, post},
};

use super::{api, app::App, events, guard, page, receive};

pub(super) fn router(app: Arc<App>) -> Router {
    let own = Router::new()
        .route("/", get(page::show))
        .route("/api/events", get(events::stream))
        .route("/api/postbacks", get(api::list).delete(api::clear))
        .route("/api/postbacks/{id}", get(api::show))
        .route("/api/postbacks/{id}/resend", post(api::resend))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check));
    Router::new()
        // Tunnels bring their own Host, and any site may post here: nothing is trusted but the token.
        .route(&app.settings.path, any(receive::receive))
        .merge(own)
        .fallback(receive::elsewhere)
        .with_state(app)
}
