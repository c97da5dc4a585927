use axum::{Router, http::header::CONTENT_TYPE, response::Html, routing::get};

/// A name that ends in `.css` or `.js`, and the text of the file.
pub type File = (&'static str, &'static str);

/// Serves a page at `/`, its own files under `/page/`, and beside them the parts that all pages share:
/// `base.css`, `call.js`, `dom.js`, `list.js`, and `events.js` for the events of
/// [`Changes`](crate::Changes).
pub fn page<S: Clone + Send + Sync + 'static>(html: &'static str, own: &[File]) -> Router<S> {
    let mut router = Router::new().route("/", get(async move || Html(html)));
    for &(name, text) in PARTS.iter().chain(own) {
        let kind = if name.ends_with(".css") {
            "text/css; charset=utf-8"
        } else {
            "text/javascript; charset=utf-8"
        };
        let file = get(async move || ([(CONTENT_TYPE, kind)], text));
        router = router.route(&format!("/page/{name}"), file);
    }
    router
}

const PARTS: [File; 5] = [
    ("base.css", include_str!("page/base.css")),
    ("call.js", include_str!("page/call.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("events.js", include_str!("page/events.js")),
    ("list.js", include_str!("page/list.js")),
];
