//! The rows.

use super::{
    Function, Kind, Parameter, convert, dates, lists, logic, optional, random, repeated, replace, required, roles, text,
};

use Kind::{
    Any, Boolean, Compare, Condition, Culture, DateFormat, DateStyles, DateTime, Group, Integer, Interval, List,
    Pattern, Roles, Text,
};

/// A value of `Switch`: may be left out, which gives null.
const SWITCH_VALUE: Parameter = Parameter { name: "value", kind: Any, required: false, repeats: true };

/// All functions, by name.
pub fn functions() -> &'static [Function] {
    &TABLE
}

static TABLE: [Function; 46] = [
    Function::new(
        "Append",
        &[required("source", Text), required("suffix", Text)],
        Text,
        text::append,
        "Puts suffix behind source.",
    ),
    Function::new(
        "AppRoleAssignmentsComplex",
        &[required("[appRoleAssignments]", Roles)],
        List,
        roles::complex,
        "All app roles as SCIM role objects, for a custom `roles` attribute; roles are only ever added.",
    ),
    Function::new(
        "AssertiveAppRoleAssignmentsComplex",
        &[required("[appRoleAssignments]", Roles)],
        List,
        roles::assertive,
        "All app roles as SCIM role objects; roles that are gone in Entra are removed.",
    ),
    Function::new(
        "BitAnd",
        &[required("value1", Integer), required("value2", Integer)],
        Integer,
        convert::bit_and,
        "The bits that both numbers have; `&HFF` is a hexadecimal number.",
    ),
    Function::new(
        "CBool",
        &[required("expression", Condition)],
        Boolean,
        logic::cbool,
        "True for a true comparison, a number other than zero, or the text True.",
    ),
    Function::new(
        "CDate",
        &[required("expression", DateTime)],
        DateTime,
        dates::cdate,
        "Reads a date; its offset is applied, without one it is UTC. Prints as M/d/yyyy h:mm:ss tt.",
    ),
    Function::new(
        "Coalesce",
        &[repeated("source", Any)],
        Any,
        logic::coalesce,
        "The first value that is not null; the last may be a default. Empty text counts as a value.",
    ),
    Function::new(
        "ConvertToBase64",
        &[required("source", Text)],
        Text,
        convert::to_base64,
        "Base64 of the text in UTF-16, low byte first.",
    ),
    Function::new(
        "ConvertToUTF8Hex",
        &[required("source", Text)],
        Text,
        convert::to_utf8_hex,
        "The UTF-8 bytes of the text in upper-case hexadecimal.",
    ),
    Function::new("Count", &[required("attribute", List)], Integer, lists::count, "How many values there are."),
    Function::new(
        "CStr",
        &[required("value", Text)],
        Text,
        convert::cstr,
        "The text of a number, boolean or reference.",
    ),
    Function::new(
        "DateAdd",
        &[required("interval", Interval), required("value", Integer), required("dateTime", DateTime)],
        DateTime,
        dates::add,
        "Adds yyyy years, m months, ww weeks, d days, h hours, n minutes or s seconds; the end of a month is kept.",
    ),
    Function::new(
        "DateDiff",
        &[required("interval", Interval), required("date1", DateTime), required("date2", DateTime)],
        Integer,
        dates::difference,
        "How many intervals from date1 to date2; positive when date2 is later.",
    ),
    Function::new(
        "DateFromNum",
        &[required("value", Integer)],
        DateTime,
        dates::from_number,
        "The date of an Active Directory file time: 100 ns since 1601 in UTC.",
    ),
    Function::new("DefaultDomain", &[], Text, convert::default_domain, "The default domain of the tenant."),
    Function::new(
        "FormatDateTime",
        &[
            required("source", Text),
            optional("dateTimeStyles", DateStyles),
            required("inputFormat", DateFormat),
            required("outputFormat", DateFormat),
        ],
        Text,
        dates::format,
        "Reads a date by one .NET format and prints it by another, such as yyyy-MM-dd.",
    )
    .reshaped(dates::older_form),
    Function::new("Guid", &[], Text, random::guid, "A new GUID; only where a value is set once, on create."),
    Function::new(
        "IgnoreFlowIfNullOrEmpty",
        &[required("expression", Any)],
        Any,
        logic::ignore_if_empty,
        "The value, or when it is null or empty the attribute is left out of the flow.",
    ),
    Function::new(
        "IIF",
        &[required("condition", Condition), required("valueIfTrue", Any), required("valueIfFalse", Any)],
        Any,
        logic::iif,
        "One of two values; a comparison with null is false. Only the chosen one is evaluated.",
    ),
    Function::new(
        "InStr",
        &[
            required("value1", Text),
            required("value2", Text),
            optional("start", Integer),
            optional("compareType", Compare),
        ],
        Integer,
        text::in_str,
        "Where value2 begins in value1, counted from 1; 0 when it is not there.",
    ),
    Function::new("IsNull", &[required("expression", Any)], Boolean, logic::is_null, "Whether the value is absent."),
    Function::new(
        "IsNullOrEmpty",
        &[required("expression", Any)],
        Boolean,
        logic::is_null_or_empty,
        "Whether the value is absent or empty.",
    ),
    Function::new(
        "IsPresent",
        &[required("expression", Any)],
        Boolean,
        logic::is_present,
        "Whether the value is neither absent nor empty.",
    ),
    Function::new(
        "IsString",
        &[required("expression", Any)],
        Boolean,
        logic::is_string,
        "Whether the value can be a text.",
    ),
    Function::new(
        "Item",
        &[required("attribute", List), required("index", Integer)],
        Text,
        lists::item,
        "One value of a list, counted from 1.",
    ),
    Function::new(
        "Join",
        &[required("separator", Text), repeated("source", List)],
        Text,
        lists::join,
        "Puts values together with a separator between; lists are spread, empty values left out.",
    ),
    Function::new(
        "Left",
        &[required("string", Text), required("numChars", Integer)],
        Text,
        text::left,
        "The first characters; all of them when the number is negative.",
    ),
    Function::new("Len", &[required("value", Text)], Integer, text::len, "How many UTF-16 characters a text has."),
    Function::new(
        "Mid",
        &[required("source", Text), required("start", Integer), required("length", Integer)],
        Text,
        text::mid,
        "A part of a text, counted from 1.",
    ),
    Function::new(
        "NormalizeDiacritics",
        &[required("source", Text)],
        Text,
        text::normalize_diacritics,
        "Latin letters without their marks: é to e, ß to ss, ø to oe.",
    ),
    Function::new(
        "Not",
        &[required("source", Boolean)],
        Boolean,
        logic::not,
        "False for True, and True for everything else.",
    ),
    Function::new("Now", &[], DateTime, dates::now, "The current time in UTC."),
    Function::new(
        "NumFromDate",
        &[required("value", DateTime)],
        Integer,
        dates::to_number,
        "The Active Directory file time of a date: 100 ns since 1601 in UTC.",
    ),
    Function::new(
        "PCase",
        &[required("source", Text), optional("wordSeparators", Text)],
        Text,
        text::pcase,
        "The first letter of each word in upper case, the others in lower case.",
    ),
    Function::new(
        "RandomString",
        &[
            required("length", Integer),
            required("minimumNumbers", Integer),
            required("minimumSpecialCharacters", Integer),
            required("minimumCapital", Integer),
            required("minimumLowerCase", Integer),
            optional("charactersToAvoid", Text),
        ],
        Text,
        random::string,
        "A random text of at most 256 characters; only where a value is set once, on create.",
    )
    .checked(random::check),
    Function::new(
        "Redact",
        &[required("value", Any)],
        Any,
        logic::redact,
        "The value itself; logs show [Redact] instead.",
    ),
    Function::new(
        "RemoveDuplicates",
        &[required("attribute", List)],
        List,
        lists::remove_duplicates,
        "Each value once, in order of first appearance.",
    ),
    Function::new(
        "Replace",
        &[
            required("source", Text),
            optional("oldValue", Text),
            optional("regexPattern", Pattern),
            optional("regexGroupName", Group),
            optional("replacementValue", Text),
            optional("replacementAttributeName", Text),
            optional("template", Text),
        ],
        Text,
        replace::replace,
        "Replaces text or what a .NET regular expression matches; seven positions, most of them left empty.",
    )
    .checked(replace::check),
    Function::new(
        "SelectUniqueValue",
        &[required("uniqueValueRule1", Text), repeated("uniqueValueRule2", Text)],
        Text,
        logic::select_unique,
        "The first value that nobody has yet; for on-premises Active Directory, not for Dialpad.",
    )
    .outermost(),
    Function::new(
        "SingleAppRoleAssignment",
        &[required("[appRoleAssignments]", Roles)],
        Text,
        roles::single,
        "The name of the one app role assigned.",
    ),
    Function::new(
        "Split",
        &[required("source", Text), required("delimiter", Text)],
        List,
        lists::split,
        "A list of the parts between one delimiter character, trimmed, without empty ones.",
    )
    .checked(lists::check_split),
    Function::new(
        "StripSpaces",
        &[required("source", Text)],
        Text,
        text::strip_spaces,
        "The text without blanks (U+0020 only).",
    ),
    Function::new(
        "Switch",
        &[required("source", Any), optional("defaultValue", Any), repeated("key", Any), SWITCH_VALUE],
        Any,
        logic::switch,
        "The value of the first key that equals source, else the default; the key \"\" also stands for null.",
    ),
    Function::new(
        "ToLower",
        &[required("source", Text), optional("culture", Culture)],
        Text,
        text::to_lower,
        "Lower case, one character for one, by the rules of a culture such as tr-TR.",
    ),
    Function::new(
        "ToUpper",
        &[required("source", Text), optional("culture", Culture)],
        Text,
        text::to_upper,
        "Upper case, one character for one, by the rules of a culture such as tr-TR.",
    ),
    Function::new(
        "Word",
        &[required("string", Text), required("wordNumber", Integer), required("delimiters", Text)],
        Text,
        text::word,
        "One word of a text, counted from 1; each character of delimiters separates.",
    ),
];
