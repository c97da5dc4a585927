//! How much memory a body takes before its token is verified.

use std::{convert::Infallible, iter};

use allocation_counter::measure;
use axum::{
    body::{Body, Bytes},
    extract::FromRequest,
    http::Request,
};
use cryptocloud_postback_axum::UnverifiedPostback;
use futures_util::{FutureExt, StreamExt, stream};

/// The server hands over each chunk as a part of its read buffer, which must not be kept for it.
#[tokio::test]
async fn one_byte_chunks_take_at_most_twice_the_bytes() {
    const CHUNKS: usize = 60_000;
    let chunks = iter::repeat_with(|| Bytes::from(vec![b' '; 1024]).slice(..1)).take(CHUNKS);
    let chunks = stream::iter(chunks)
        .map(Ok::<_, Infallible>)
        .chain(stream::pending());
    let request = Request::post("/").body(Body::from_stream(chunks));
    let request = request.expect("a request");
    let memory = measure(|| {
        let extracted = UnverifiedPostback::from_request(request, &()).now_or_never();
        assert!(extracted.is_none(), "the body has no end");
    });
    let limit = u64::try_from(2 * CHUNKS).expect("a number") + 16 * 1024;
    assert!(memory.bytes_max <= limit, "{} bytes", memory.bytes_max);
}
