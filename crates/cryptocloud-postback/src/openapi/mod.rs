//! Describes routes for postbacks in OpenAPI: both formats of the body, and every response.
//!
//! The adapters describe their routes with functions such as `postback_openapi`, which call these.
//!
//! # Examples
//!
//! A route whose handler responds with 200 to every genuine postback:
//!
//! ```
//! use cryptocloud_postback::{Response, openapi};
//!
//! let document = openapi::document("/postback", &[Response::RECEIVED]);
//! let post = document.paths.get_path_item("/postback").and_then(|item| item.post.as_ref());
//! let statuses: Vec<_> = post.into_iter().flat_map(|post| post.responses.responses.keys()).collect();
//! assert_eq!(statuses, ["200", "400", "401", "405", "408", "413", "415", "422", "500"]);
//! ```

mod body;
mod responses;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, HttpMethod, Info, OpenApi, OpenApiBuilder, PathItem,
        PathsBuilder, Ref, Required,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
    },
};

pub use self::{
    body::{PostbackForm, PostbackJson},
    responses::responses,
};
use crate::{ErrorKind, Format, Response};

/// The document of one route, to merge into that of the app.
///
/// `responses` are those to genuine postbacks; those of [`ErrorKind`] are added.
/// Each parameter in the path, such as `{project}`, is a string.
#[must_use]
pub fn document(path: &str, responses: &[Response]) -> OpenApi {
    let item = PathItem::new(HttpMethod::Post, operation(path, responses));
    let schemas = ComponentsBuilder::new()
        .schema_from::<PostbackForm>()
        .schema_from::<PostbackJson>();
    OpenApiBuilder::new()
        .info(Info::new("Postbacks", env!("CARGO_PKG_VERSION")))
        .paths(PathsBuilder::new().path(path, item))
        .components(Some(schemas.build()))
        .build()
}

fn operation(path: &str, responses: &[Response]) -> Operation {
    let refusals = ErrorKind::ALL.iter().map(|kind| kind.response());
    let operation = OperationBuilder::new()
        .summary(Some("Receives a postback"))
        .description(Some(DESCRIPTION))
        .tag("postbacks")
        .request_body(Some(request_body()))
        .responses(self::responses(refusals.chain(responses.iter().copied())));
    let parameter = |name| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(String::schema()))
    };
    parameters(path)
        .map(parameter)
        .fold(operation, OperationBuilder::parameter)
        .build()
}

fn request_body() -> RequestBody {
    fn content<T: ToSchema>() -> Content {
        Content::new(Some(Ref::from_schema_name(T::name())))
    }
    RequestBodyBuilder::new()
        .content(Format::Json.content_type(), content::<PostbackJson>())
        .content(Format::Form.content_type(), content::<PostbackForm>())
        .required(Some(Required::True))
        .build()
}

/// The names in braces.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

const DESCRIPTION: &str = "CryptoCloud sends a postback when an invoice is paid. Its token proves the \
    invoice and nothing else.";
