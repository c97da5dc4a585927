use std::{error::Error, time::Duration};

use actix_web::{App, HttpServer, web};
use cryptocloud_postback_actix_web::postback_route;
use durability::Options;

use crate::{
    announce, end_of_input,
    shop::{DRAIN, open_inbox, verifier},
};

pub(crate) async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let inbox = open_inbox(options).await?;
    let (verifier, for_routes) = (verifier()?, inbox.clone());
    let app = move || {
        let route = postback_route(verifier.clone(), for_routes.clone());
        App::new().service(web::resource("/postback").route(route))
    };
    let server = HttpServer::new(app)
        .workers(2)
        .disable_signals()
        // No limit: a busy machine would cause a 408 before the route runs.
        .client_request_timeout(Duration::ZERO)
        .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        announce(address)?;
    }
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(async move {
        end_of_input().await;
        handle.stop(true).await;
    });
    running.await?;
    inbox.drain(DRAIN).await;
    Ok(())
}
