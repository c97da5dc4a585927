use std::{
    convert::Infallible,
    future,
    io::{self, Write},
};

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, stream};

/// What is wrong with a response.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 200 with this body, as JSON.
    Body(String),
    /// The connection breaks within the body.
    Cut,
    /// A compressed body that is a good response, and very large.
    Gzip,
    /// A page, as of a proxy.
    Html,
    /// A body without an end.
    Huge,
    /// A redirect to this address.
    Redirect(String),
    /// The request is refused, with this as `validate_error`.
    Rejected(&'static str),
    /// No response at all.
    Silent,
    /// This status, with this `Retry-After`.
    Status(u16, Option<&'static str>),
}

impl Fault {
    pub(crate) async fn response(self) -> Response {
        const JSON: (axum::http::HeaderName, &str) = (CONTENT_TYPE, "application/json");
        const START: &str = r#"{"status":"success","result":["#;
        match self {
            Self::Body(body) => ([JSON], body).into_response(),
            Self::Cut => {
                let cut = Err(io::Error::other("cut"));
                let body = stream::iter([Ok(Bytes::from_static(START.as_bytes())), cut]);
                ([JSON], Body::from_stream(body)).into_response()
            }
            Self::Gzip => {
                let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
                let body = format!("{START}{}]}}", " ".repeat(16 * 1024 * 1024));
                gzip.write_all(body.as_bytes()).expect("memory");
                let body = gzip.finish().expect("memory");
                ([JSON, (CONTENT_ENCODING, "gzip")], body).into_response()
            }
            Self::Html => axum::response::Html("<h1>Welcome</h1>").into_response(),
            Self::Huge => {
                let start = stream::iter([Bytes::from_static(START.as_bytes())]);
                let rest = stream::repeat(Bytes::from_static(&[b' '; 16 * 1024]));
                let body = start.chain(rest).map(Ok::<_, Infallible>);
                ([JSON], Body::from_stream(body)).into_response()
            }
            Self::Redirect(location) => {
                (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response()
            }
            Self::Rejected(fields) => {
                let body =
                    format!(r#"{{"status":"error","result":{{"validate_error":{fields}}}}}"#);
                (StatusCode::BAD_REQUEST, [JSON], body).into_response()
            }
            Self::Silent => future::pending().await,
            Self::Status(status, retry_after) => {
                let status = StatusCode::from_u16(status).expect("a status");
                let mut response = (status, [JSON], r#"{"status":"error"}"#).into_response();
                if let Some(value) = retry_after {
                    let value = value.parse().expect("a header");
                    response.headers_mut().insert(RETRY_AFTER, value);
                }
                response
            }
        }
    }
}
