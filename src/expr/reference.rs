//! The page of `help expressions`, made from the table.

use super::{
    functions::functions,
    parse::{MAX_DEPTH, MAX_LENGTH},
};

/// The language on one page, as Markdown that also reads well as plain text.
pub fn reference() -> String {
    let mut page = format!(
        "# Expressions

An expression maps a person's attributes to one value, in the language of
Microsoft Entra's attribute mappings.

    Join(\"@\", NormalizeDiacritics(StripSpaces(Join(\".\", [givenName], [surname]))), \"contoso.com\")

- `[name]` is a source attribute; names are case-sensitive.
- \"text\" is a string; `\\\\` is a backslash and `\\\"` a quote in it, any other backslash is itself.
- `42`, `-7` and `&HFF` are whole numbers of 64 bits.
- `Name(argument, …)` is a function; names are case-sensitive. An optional argument is left out by
  writing nothing between its commas, which is not the same as \"\".
- `=` `<>` `>` `<` `>=` `<=` compare two values, in `IIF` and `CBool` only. A comparison with null is false.
- `IgnoreAttributeFlow` and `IgnoreObjectFlow` leave the attribute out of the flow.
- Null, empty text and leaving out are three things. Most functions give null for null.
- At most {MAX_LENGTH} characters and {MAX_DEPTH} nested calls.

## Functions

{{x}} can be left out, … repeats.

"
    );
    for function in functions() {
        page.push_str(&format!("- `{}`  \n  {}\n", function.signature(), function.doc));
    }
    page.push_str(PATTERNS);
    page
}

const PATTERNS: &str = "
## Regular expressions

Patterns are .NET's: lookaround, named groups, lazy quantifiers, class subtraction, inline options.
They search anywhere in the value unless anchored by `^` and `$`. Replacements know `$1`, `${name}`,
`$$`, `$&`, `` $` ``, `$'`, `$+` and `$_`. A search ends after 100,000 steps.

## Dates

A date prints as `M/d/yyyy h:mm:ss tt` in UTC. `FormatDateTime` takes .NET custom formats: `yyyy MM dd
HH mm ss`, `M d h tt`, `MMM MMMM ddd dddd`, `f` to `fffffff`, `zzz`, `K`, 'text' in quotes.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_on_the_page() {
        let page = reference();
        for function in functions() {
            assert!(page.contains(&format!("- `{}(", function.name)), "{}", function.name);
        }
        assert!(page.lines().all(|line| line.chars().count() <= 130));
    }
}
