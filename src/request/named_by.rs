//! `MTLSProtectNamedBy`: devices named by an expression of the operator's, for sites whose URLs
//! carry extensions or accounts.
//!
//! The variable that an expression reads may be set as late as in fixups (a RewriteRule in a
//! `<Directory>`). So expressions are evaluated at each gate, and once more when all fixups have
//! run, in subrequests too, of which many never reach a handler.

use crate::httpd::{Expression, PoolBytes, Request};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Hidden, Names, Naming, Source};

/// What the expressions of a request's section made of it at one of its gates.
#[derive(Clone, Copy)]
pub struct Values(PoolBytes);

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

/// What the expressions of the request's section make of it now.
///
/// # Errors
/// What went wrong.
#[cold]
pub fn values(request: &Request<'_>, expressions: &[Expression<'_>]) -> Result<Values, String> {
    let mut all = Vec::new();
    for expression in expressions {
        all.extend(expression.evaluate(request).map_err(|why| format!("MTLSProtectNamedBy: {why}"))?);
        // No value has a NUL.
        all.push(0);
    }
    let [kept] = request.pool().copies([&all]);
    Ok(Values(kept))
}

/// The expressions of the request's section; none where there are none.
pub fn expressions<'r>(request: &Request<'r>) -> Option<&'r [Expression<'r>]> {
    request.dir_config::<Mtlsprotect>().directives.named_by
}

/// `names` and those that the expressions of the request's section find in it and in what it was
/// redirected from: there the variables of a request before have other names (`REDIRECT_PHONE`).
#[cold]
pub fn and_named(
    mut names: Names,
    request: &Request<'_>,
    expressions: &[Expression<'_>],
    naming: &Naming<'_>,
    sender: Option<Mac>,
) -> Names {
    let mut asked = Some(*request);
    while let Some(one) = asked {
        names = names.and(&named(expressions, &one, naming, sender));
        asked = one.previous();
    }
    names
}

/// The names that the expressions find in the request alone.
pub fn named_by_itself(request: &Request<'_>, naming: &Naming<'_>) -> Names {
    named(expressions(request).unwrap_or_default(), request, naming, None)
}

/// What is hidden in the values of the expressions of a request's section, made of it alone.
pub fn hidden(
    request: &Request<'_>,
    expressions: &[Expression<'_>],
    naming: &Naming<'_>,
    sender: Option<Mac>,
) -> Hidden {
    // One that fails names nobody, and nothing passes.
    let values = expressions.iter().filter_map(|expression| expression.evaluate(request).ok());
    values.map(|value| Hidden::in_value(value, naming, sender)).fold(Hidden::default(), Hidden::and)
}

/// An expression that fails does so at the request's own gates, which answer for it; for a request
/// that goes on from that one nothing is known.
fn named(expressions: &[Expression<'_>], request: &Request<'_>, naming: &Naming<'_>, sender: Option<Mac>) -> Names {
    expressions.iter().fold(Names::default(), |names, expression| match expression.evaluate(request) {
        Ok(value) => names.and(&Names::of_value(value, naming, sender, Source::NamedBy)),
        Err(_) => names.and(&Names::malformed()),
    })
}
