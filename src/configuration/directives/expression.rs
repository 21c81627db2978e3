//! What is wrong with an expression of `MTLSProtectNamedBy` though httpd can parse it.

/// Finds it, and what httpd would not say well.
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
            "\"{text}\": look-ahead is not allowed here; have a RewriteRule set a variable, and read it with \
             %{{reqenv:NAME}}"
        ));
    }
    const OF_THE_SENDER: [&str; 4] = ["%{ssl_client_", ":ssl_client_", ":mtlsprotect_", ":mtlsprotect-"];
    if OF_THE_SENDER.iter().any(|part| lower.contains(part)) {
        return Err(format!(
            "\"{text}\" names the phone that sends the request, whatever it asks for; expected something that depends \
             on what is asked for, like a variable that a RewriteRule sets from the URL"
        ));
    }
    Ok(())
}
