use axum::Router;

use crate::page;

/// The page and its files.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    page::page(include_str!("page/page.html"), &FILES)
}

const FILES: [page::File; 6] = [
    ("detail.js", include_str!("page/detail.js")),
    ("indent.js", include_str!("page/indent.js")),
    ("page.css", include_str!("page/page.css")),
    ("page.js", include_str!("page/page.js")),
    ("states.js", include_str!("page/states.js")),
    ("tabs.js", include_str!("page/tabs.js")),
];
