//! `MTLSProtectNamedBy`: devices named by an expression of the operator's, for sites whose URLs
//! carry extensions or accounts.
//!
//! The variable that an expression reads may be set as late as in fixups (a RewriteRule in a
//! `<Directory>`). So expressions are evaluated at each gate, and once more when all fixups have
//! run, in subrequests too, of which many never reach a handler.

use crate::httpd::{Expression, PoolBytes, PoolRef, Request};
use crate::module::Mtlsprotect;
use crate::request::state::{Gate, RequestState};
use mtlsprotect_core::names::{Names, Source};
use mtlsprotect_core::policy::Mode;
use mtlsprotect_core::verdict::reads;

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
pub fn values(request: &Request<'_>, expressions: PoolRef<Vec<Expression>>) -> Result<Values, String> {
    let mut all = Vec::new();
    for expression in expressions.iter() {
        all.extend(expression.evaluate(request).map_err(|why| format!("MTLSProtectNamedBy: {why}"))?);
        // No value has a NUL.
        all.push(0);
    }
    let [kept] = request.pool().copies([&all]);
    Ok(Values(kept))
}

/// The expressions of the request's section; none where there are none.
pub fn expressions<'r>(request: &Request<'r>) -> Option<&'r [Expression]> {
    request.dir_config::<Mtlsprotect>().named_by.map(|expressions| expressions.get().as_slice())
}

/// `names` and those that the expressions of the request's section find in it and in what it was
/// redirected from: there the variables of a request before have other names (`REDIRECT_PHONE`).
#[cold]
pub fn and_named(mut names: Names, request: &Request<'_>, expressions: &[Expression]) -> Names {
    let mut asked = Some(*request);
    while let Some(one) = asked {
        names = names.and(&named(expressions, &one));
        asked = one.previous();
    }
    names
}

/// The names that the expressions find in the request alone.
pub fn named_by_itself(request: &Request<'_>) -> Names {
    named(expressions(request).unwrap_or_default(), request)
}

/// An expression that fails does so at the request's own gates, which answer for it; for a request
/// that goes on from that one nothing is known.
fn named(expressions: &[Expression], request: &Request<'_>) -> Names {
    expressions.iter().fold(Names::default(), |names, expression| match expression.evaluate(request) {
        Ok(value) => names.and(&Names::of_value(value, Source::NamedBy)),
        Err(_) => names.and(&Names::malformed()),
    })
}

/// Whether a name can still lift a refusal that was decided because nobody is named. A write is
/// never allowed by a name of this kind; and what is allowed is looked at again anyway when a value
/// changes.
#[cold]
pub fn may_still_lift(request: &Request<'_>, gate: Gate) -> bool {
    gate < Gate::LastFixups && expressions(request).is_some() && reads(request.method())
}

/// Whether the request answers for one that failed so early (a password was asked for, say) that
/// its variables may not have been set: whom that one names is not known, and a script must not be
/// told of it.
#[cold]
pub fn answers_for_unnamed(request: &Request<'_>) -> bool {
    let is_asked_here = expressions(request).is_some();
    let failed_early = |earlier: &Request<'_>| {
        let is_asked = is_asked_here || expressions(earlier).is_some();
        is_asked
            && earlier.status() >= 400
            && earlier.dir_config::<Mtlsprotect>().mode() != Mode::Off
            && !earlier.state::<Mtlsprotect>().is_some_and(RequestState::is_past_fixups)
    };
    let mut part = Some(*request);
    while let Some(one) = part {
        let mut earlier = one.previous();
        while let Some(before) = earlier {
            if failed_early(&before) {
                return true;
            }
            earlier = before.previous();
        }
        part = one.main();
    }
    false
}

/// What is wrong with an expression though httpd can parse it, or what httpd would not say well.
///
/// # Errors
/// A sentence for the operator.
pub fn check(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("expr=") {
        return Err(format!("write \"{}\", without expr=", &text["expr=".len()..]));
    }
    if !text.contains("%{") {
        return Err(format!(
            "\"{text}\" is the same for every request; expected an expression, like %{{reqenv:PHONE}}"
        ));
    }
    if lower.contains("%{la-u:") || lower.contains("%{la-f:") {
        return Err(format!(
            "\"{text}\": an expression has no look-ahead; have a RewriteRule set a variable, and read it with \
             %{{reqenv:NAME}}"
        ));
    }
    const OF_THE_SENDER: [&str; 4] = ["%{ssl_client_", ":ssl_client_", ":mtlsprotect_", ":mtlsprotect-"];
    if OF_THE_SENDER.iter().any(|part| lower.contains(part)) {
        return Err(format!(
            "\"{text}\" names the phone that asks, whatever it asks for; expected whose the thing asked for is, like \
             a variable that a RewriteRule sets from the URL"
        ));
    }
    Ok(())
}
