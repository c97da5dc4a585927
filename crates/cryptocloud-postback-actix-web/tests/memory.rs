//! How much memory a body takes before its token is verified.

use std::iter;

use actix_web::{FromRequest, dev::Payload, test::TestRequest, web::Bytes};
use allocation_counter::measure;
use cryptocloud_postback_actix_web::UnverifiedPostback;
use futures_util::{FutureExt, StreamExt, stream};

/// The server hands over each chunk as a part of its read buffer, which must not be kept for it.
#[actix_web::test]
async fn one_byte_chunks_take_at_most_twice_the_bytes() {
    const CHUNKS: usize = 60_000;
    let chunks = iter::repeat_with(|| Bytes::from(vec![b' '; 1024]).slice(..1)).take(CHUNKS);
    let chunks = stream::iter(chunks).map(Ok).chain(stream::pending());
    let mut payload = Payload::Stream {
        payload: chunks.boxed_local(),
    };
    let request = TestRequest::post().to_http_request();
    let memory = measure(|| {
        let extracted = UnverifiedPostback::from_request(&request, &mut payload).now_or_never();
        assert!(extracted.is_none(), "the body has no end");
    });
    let limit = u64::try_from(2 * CHUNKS).expect("a number") + 16 * 1024;
    assert!(memory.bytes_max <= limit, "{} bytes", memory.bytes_max);
}
