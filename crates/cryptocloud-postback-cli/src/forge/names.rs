use std::ffi::OsStr;

use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
    error::{ContextKind, ContextValue},
};

use super::attacks::ATTACKS;

/// Reads the name of an attack, or one of these words.
#[derive(Clone)]
pub(super) struct Names(PossibleValuesParser);

pub(super) fn names(words: &[&'static str]) -> Names {
    let names = ATTACKS.iter().map(|attack| attack.name);
    let names = names.chain(words.iter().copied()).map(PossibleValue::new);
    Names(PossibleValuesParser::new(names))
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let parsed = self.0.parse_ref(command, argument, value);
        parsed.map_err(|mut error| {
            // All names would be a page, and the nearest one is suggested.
            error.remove(ContextKind::ValidValue);
            let list = "`ccpostback send --forge list` shows every name".into();
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![list]));
            error
        })
    }

    /// For completion.
    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}
