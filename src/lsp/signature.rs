//! The signature of the call that is being written.

use lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp, SignatureInformation,
};

use super::{formula, spot::Spot};

/// The innermost call around a place, with the parameter that is written.
pub(super) fn at(spot: &Spot) -> Option<SignatureHelp> {
    if spot.cursor.words().last() != Some(&"expression") {
        return None;
    }
    let before = spot.before(spot.cursor.scalar()?);
    let within = formula::within(&before);
    let (function, parameter) = within.calls.last()?.function()?;
    let label = function.signature();
    let mut from = label.find('(')? + 1;
    let mut parameters = Vec::new();
    for parameter in function.parameters {
        let start = from + label[from..].find(parameter.name)?;
        from = start + parameter.name.len();
        let number = |n: usize| u32::try_from(n).unwrap_or(0);
        let optional = if parameter.required { "" } else { "; may be left out" };
        parameters.push(ParameterInformation {
            // Only `…` at its end is more than one unit a byte.
            label: ParameterLabel::LabelOffsets([number(start), number(from)]),
            documentation: Some(Documentation::String(format!("{}{optional}", parameter.kind.describe()))),
        });
    }
    let active = parameter.and_then(|parameter| function.parameters.iter().position(|one| one == parameter));
    let active = active.and_then(|at| u32::try_from(at).ok());
    let doc = MarkupContent { kind: MarkupKind::Markdown, value: function.doc.to_owned() };
    Some(SignatureHelp {
        signatures: vec![SignatureInformation {
            label,
            documentation: Some(Documentation::MarkupContent(doc)),
            parameters: Some(parameters),
            active_parameter: active,
        }],
        active_signature: Some(0),
        active_parameter: active,
    })
}
