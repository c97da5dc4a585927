use std::{error::Error, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder,
    http::{StatusCode, header},
    web,
};
use cryptocloud_postback_actix_web::{Received, VerifiedPostback, postback_route};
use cryptocloud_postback_sqlx::sqlx;
use durability::{Mode, Options};

use crate::{announce, shop::Shop};

pub(crate) async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let shop = Shop::open(options).await?;
    let app = move || {
        let route = match shop.mode() {
            Mode::Lease => postback_route(shop.verifier(), shop.inbox(), credit),
            Mode::Transaction => web::route().to(pay),
        };
        App::new()
            .app_data(shop.verifier())
            .app_data(web::Data::new(shop.clone()))
            .service(web::resource("/postback").route(route))
    };
    let server = HttpServer::new(app)
        .workers(2)
        // No limit: a busy machine would cause a 408 before the route runs.
        .client_request_timeout(Duration::ZERO)
        .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        announce(address)?;
    }
    Ok(server.run().await?)
}

async fn credit(
    VerifiedPostback(postback): VerifiedPostback,
    shop: web::Data<Shop>,
) -> sqlx::Result<()> {
    shop.credit(&postback).await
}

async fn pay(
    request: HttpRequest,
    VerifiedPostback(postback): VerifiedPostback,
    shop: web::Data<Shop>,
) -> HttpResponse {
    match shop.pay(&postback).await {
        Ok(_) => Received.respond_to(&request),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code());
            let mut response =
                HttpResponse::build(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE));
            if let Some(seconds) = error.retry_after() {
                response.insert_header((header::RETRY_AFTER, seconds));
            }
            response.body(error.body_text())
        }
    }
}
