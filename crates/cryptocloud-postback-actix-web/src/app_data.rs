use actix_web::{HttpRequest, web::Data};
use cryptocloud_postback::ErrorKind;

/// Finds the innermost `T` of the app's data, by itself or as `Data<T>`.
///
/// actix-web returns the innermost value of one type, and does not tell which of two types is nearer.
/// A guess could verify the postbacks of one project with the secret of another, so having both is
/// refused.
pub(crate) fn find<T: 'static>(request: &HttpRequest) -> Result<Option<&T>, ErrorKind> {
    match (request.app_data::<T>(), request.app_data::<Data<T>>()) {
        (Some(_), Some(_)) => Err(ErrorKind::VerifierAmbiguous),
        (Some(plain), None) => Ok(Some(plain)),
        (None, data) => Ok(data.map(|data| &***data)),
    }
}
