use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::{
    BoxError,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cryptocloud_postback::{Error, Verified, Verifier};
use tower_layer::Layer;
use tower_service::Service;

use crate::{PostbackConfig, PostbackRejection, body};

/// A layer that lets only genuine postbacks through, for services that are not axum's handlers.
///
/// It performs the same checks as [`VerifiedPostback`](crate::VerifiedPostback) and responds alike.
/// The service finds the [`Verified`] in the extensions of the request, and the body as it arrived.
///
/// # Examples
///
/// ```
/// use axum::{Extension, Router, routing::any};
/// use cryptocloud_postback_axum::{
///     Received, VerifyPostbackLayer,
///     core::{Verified, Verifier},
/// };
///
/// async fn paid(Extension(postback): Extension<Verified>) -> Received {
///     println!("invoice {} is confirmed", postback.invoice_id());
///     Received
/// }
///
/// fn app(verifier: Verifier) -> Router {
///     Router::new()
///         .route("/postback", any(paid))
///         .layer(VerifyPostbackLayer::new(verifier))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyPostbackLayer {
    config: Option<PostbackConfig>,
    verifier: Verifier,
}

impl VerifyPostbackLayer {
    /// Verifies with this verifier.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            config: None,
            verifier,
        }
    }

    /// How much of a body is read, and for how long.
    ///
    /// Defaults to the [`PostbackConfig`] in the extensions of the request, as for the extractors.
    pub fn config(mut self, config: PostbackConfig) -> Self {
        self.config = Some(config);
        self
    }

    async fn verify(&self, request: &mut Request) -> Result<Verified, Error> {
        if let Some(config) = self.config {
            request.extensions_mut().insert(config);
        }
        let unverified = body::receive(request, Some(&self.verifier)).await?;
        unverified.verify(&self.verifier)
    }
}

impl<S> Layer<S> for VerifyPostbackLayer {
    type Service = VerifyPostback<S>;

    fn layer(&self, inner: S) -> VerifyPostback<S> {
        VerifyPostback {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of a [`VerifyPostbackLayer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyPostback<S> {
    inner: S,
    layer: VerifyPostbackLayer,
}

impl<S, B> Service<http::Request<B>> for VerifyPostback<S>
where
    S: Service<Request, Response: IntoResponse, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mut request = request.map(Body::new);
        let layer = self.layer.clone();
        // The clone may not be ready; the one that was polled is.
        let inner = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, inner);
        Box::pin(async move {
            match layer.verify(&mut request).await {
                Ok(verified) => {
                    *request.body_mut() = verified.body().clone().into();
                    request.extensions_mut().insert(verified);
                    inner.call(request).await.map(IntoResponse::into_response)
                }
                Err(error) => Ok(PostbackRejection::from(error).into_response()),
            }
        })
    }
}
