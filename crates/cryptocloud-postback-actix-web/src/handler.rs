use std::fmt;

use crate::VerifiedPostback;

/// A handler of [`postback_route`](crate::postback_route): an async function of a [`VerifiedPostback`]
/// and up to six extractors (`FromRequest`) of the app, which returns `Result<(), E>`.
///
/// On `Err` the claim is given back, the error is logged, and the answer is 500.
// The functions are all that there is to implement it for.
pub trait PostbackHandler<A>: sealed::Sealed<A> + Clone + 'static {
    /// What the handler returns when the payment could not be processed.
    type Error: fmt::Display + 'static;

    /// Runs the handler.
    fn call(
        self,
        postback: VerifiedPostback,
        arguments: A,
    ) -> impl Future<Output = Result<(), Self::Error>> + 'static;
}

mod sealed {
    #[expect(unnameable_types, reason = "only the macro below implements it")]
    pub trait Sealed<A> {}
}

macro_rules! handlers {
    ($($($name:ident: $type:ident)*;)*) => {$(
        impl<Function, Output, Error, $($type),*> sealed::Sealed<($($type,)*)> for Function
        where
            Function: FnOnce(VerifiedPostback, $($type),*) -> Output,
            Output: Future<Output = Result<(), Error>>,
        {
        }

        impl<Function, Output, Error, $($type),*> PostbackHandler<($($type,)*)> for Function
        where
            Function: FnOnce(VerifiedPostback, $($type),*) -> Output + Clone + 'static,
            Output: Future<Output = Result<(), Error>> + 'static,
            Error: fmt::Display + 'static,
        {
            type Error = Error;

            fn call(
                self,
                postback: VerifiedPostback,
                ($($name,)*): ($($type,)*),
            ) -> impl Future<Output = Result<(), Error>> + 'static {
                self(postback, $($name),*)
            }
        }
    )*};
}

handlers! {
    ;
    a: A;
    a: A b: B;
    a: A b: B c: C;
    a: A b: B c: C d: D;
    a: A b: B c: C d: D e: E;
    a: A b: B c: C d: D e: E f: F;
}
