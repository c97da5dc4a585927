use std::error::Error;

use axum::Router;
use cryptocloud_postback_axum::postback_route;
use durability::Options;
use tokio::net::TcpListener;

use crate::{
    announce, end_of_input,
    shop::{DRAIN, open_inbox, verifier},
};

pub(crate) async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let inbox = open_inbox(options).await?;
    let route = postback_route(verifier()?, inbox.clone());
    let app = Router::new().route("/postback", route);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(listener.local_addr()?)?;
    axum::serve(listener, app)
        .with_graceful_shutdown(end_of_input())
        .await?;
    inbox.drain(DRAIN).await;
    Ok(())
}
