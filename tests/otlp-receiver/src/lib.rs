//! Receives the traces of a process, as an OpenTelemetry collector does: OTLP over HTTP, in protobuf.
#![forbid(unsafe_code)]

mod span;

pub use span::{Link, Span};

use std::{io, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

/// A receiver on loopback. Dropping it stops it.
#[derive(Debug)]
pub struct OtlpReceiver {
    endpoint: String,
    spans: watch::Receiver<Vec<Span>>,
    task: JoinHandle<io::Result<()>>,
}

impl OtlpReceiver {
    /// Starts on a free port, as a task of the current runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if no port can be bound.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (sender, spans) = watch::channel(Vec::new());
        let app = Router::new().route("/v1/traces", post(receive));
        let task = tokio::spawn(axum::serve(listener, app.with_state(sender)).into_future());
        Ok(Self {
            endpoint,
            spans,
            task,
        })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`. The path of traces is `/v1/traces`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The spans that have arrived. A process sends each one when it has ended.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.spans.borrow().clone()
    }

    /// Waits until these spans are enough, and returns them.
    ///
    /// # Errors
    ///
    /// Returns an error with all spans if they are not enough after two minutes.
    pub async fn until(
        &self,
        is_enough: impl FnMut(&Vec<Span>) -> bool,
    ) -> Result<Vec<Span>, String> {
        let mut spans = self.spans.clone();
        if let Ok(Ok(spans)) = timeout(HANG, spans.wait_for(is_enough)).await {
            return Ok(spans.clone());
        }
        Err(format!("only these spans arrived: {:#?}", self.spans()))
    }
}

impl Drop for OtlpReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(
    State(spans): State<watch::Sender<Vec<Span>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get(CONTENT_TYPE).is_none_or(|it| it != PROTOBUF) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    spans.send_modify(|spans| spans.extend(span::all(request)));
    let response = ExportTraceServiceResponse::default().encode_to_vec();
    ([(CONTENT_TYPE, PROTOBUF)], response).into_response()
}

const PROTOBUF: &str = "application/x-protobuf";
/// Far longer than anything that is waited for takes.
const HANG: Duration = Duration::from_secs(120);
