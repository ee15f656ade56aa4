use super::*;

const HOST: &str = "shouma.example";
const LETTER: &str = "0199f0c2a1b37c4d8e5f60718293a4b5";

fn letter() -> Uuid {
    Uuid::try_parse(LETTER).unwrap()
}

/// A mail of several parts: kinds with what stands in them.
fn mail(kind: &str, parts: &[(&str, &str)]) -> String {
    let mut text = format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: returns@shouma.example\r\nSubject: Undelivered\r\n\
         MIME-Version: 1.0\r\nContent-Type: {kind}; boundary=\"b1\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n"
    );
    for (kind, body) in parts {
        text.push_str(&format!("--b1\r\nContent-Type: {kind}\r\n\r\n{}\r\n", body.replace('\n', "\r\n")));
    }
    text + "--b1--\r\n"
}

const REPORT: &str = "multipart/report; report-type=delivery-status";

fn head(message_id: &str) -> String {
    format!("From: =?utf-8?b?5pS256CB?= <no-reply@shouma.example>\nTo: wang@example.com\nSubject: x\nMessage-ID: {message_id}\n")
}

fn ours() -> String {
    head(&format!("<{LETTER}@shouma.example>"))
}

fn failure(last: &str, original: Option<&str>, status: Option<&str>, words: &str) -> Report {
    let recipient = FailedRecipient {
        last: last.to_owned(),
        original: original.map(str::to_owned),
        status: status.map(str::to_owned),
        words: words.to_owned(),
    };
    Report::Failed(Failure { letter: letter(), recipients: vec![recipient] })
}

const POSTFIX: &str = "Reporting-MTA: dns; mx.example\nX-Postfix-Queue-ID: 4XyZ\nArrival-Date: Sun, 22 Nov 2026 12:00:00 +0800 (CST)\n\n\
    Final-Recipient: rfc822; Wang@Example.com\nOriginal-Recipient: rfc822;wang@example.com\nAction: failed\nStatus: 5.1.1\n\
    Remote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; 550 5.1.1 <wang@example.com>: Recipient address\n    rejected: User unknown\n";

fn with_status(status: &str) -> Vec<u8> {
    mail(REPORT, &[("text/plain", "sorry"), ("message/delivery-status", status), ("text/rfc822-headers", &ours())]).into_bytes()
}

#[test]
fn reports_of_different_mail_servers_tell_which_letter_came_back_and_why() {
    let whole = format!("{}\nthe text\n", ours());
    let qq = "Reporting-MTA: dns; qq.com\n\nFinal-Recipient: rfc822; wang@example.com\nAction: Failed\nStatus: 5.0.0\n\
        Diagnostic-Code: smtp; 550 Mailbox not found. http://service.mail.example/detail/122\n";
    let netease = "Reporting-MTA: dns; m163.example\n\nOriginal-Recipient: rfc822;wang@example.com\nFinal-Recipient: RFC822;wang@example.com\n\
        Action: failed\nStatus: 5.1.1 (bad destination mailbox address)\nDiagnostic-Code: X-Coremail; 550 User not found: wang@example.com\n";
    let exchange = "Reporting-MTA: dns;HK0PR01.prod.example\nReceived-From-MTA: dns;shouma.example\nArrival-Date: Sun, 22 Nov 2026 04:00:00 +0000\n\n\
        Original-Recipient: rfc822;wang@example.com\nFinal-Recipient: rfc822;w.wang@branch.example\nAction: failed\nStatus: 5.1.10\n\
        Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n";
    let given_up = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; wang@example.com\nAction: failed\nStatus: 4.4.1\n\
        Diagnostic-Code: X-Postfix; connect to example.com[192.0.2.1]:25: Connection timed out\n";
    let bare = "Final-Recipient: rfc822; <wang@example.com>\nAction: failed\nStatus: bad\n";
    let base64 = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(POSTFIX)
    };
    let wang = "wang@example.com";
    let postfix = failure(wang, Some(wang), Some("5.1.1"), "550 5.1.1 <wang@example.com>: Recipient address rejected: User unknown");
    let table: Vec<(&str, String, Report)> = vec![
        (
            "postfix, with the whole mail",
            mail(REPORT, &[("text/plain", "I'm sorry"), ("message/delivery-status", POSTFIX), ("message/rfc822", &whole)]),
            postfix.clone(),
        ),
        (
            "the report in base64",
            mail(REPORT, &[("message/delivery-status\r\nContent-Transfer-Encoding: base64", &base64), ("text/rfc822-headers", &ours())]),
            postfix.clone(),
        ),
        ("internationalised", mail(REPORT, &[("message/global-delivery-status", POSTFIX), ("message/global-headers", &ours())]), postfix),
        (
            "of QQ's shape, which says mixed",
            mail("multipart/mixed", &[("text/html", "<p>退信</p>"), ("message/delivery-status", qq), ("message/rfc822", &whole)]),
            failure(wang, None, Some("5.0.0"), "550 Mailbox not found. http://service.mail.example/detail/122"),
        ),
        (
            "of NetEase's shape",
            mail(REPORT, &[("text/html", "<p>系统退信</p>"), ("message/delivery-status", netease), ("message/rfc822", &whole)]),
            failure(wang, Some(wang), Some("5.1.1"), "550 User not found: wang@example.com"),
        ),
        (
            "of Exchange's shape, heads only, passed on to another address",
            mail(REPORT, &[("text/html", "<p>x</p>"), ("message/delivery-status", exchange), ("text/rfc822-headers", &ours())]),
            failure(
                "w.wang@branch.example",
                Some(wang),
                Some("5.1.10"),
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            ),
        ),
        (
            "given up after days",
            mail(REPORT, &[("message/delivery-status", given_up), ("text/rfc822-headers", &ours())]),
            failure(wang, None, Some("4.4.1"), "connect to example.com[192.0.2.1]:25: Connection timed out"),
        ),
        (
            "with next to nothing in it",
            mail(REPORT, &[("message/delivery-status", bare), ("text/rfc822-headers", &ours())]),
            failure(wang, None, None, ""),
        ),
    ];
    for (name, raw, expected) in table {
        assert_eq!(read(raw.as_bytes(), HOST), expected, "{name}");
    }
}

#[test]
fn what_is_no_final_report_about_a_letter_of_ours_says_nothing() {
    let delayed = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; wang@example.com\nAction: delayed\nStatus: 4.4.1\n\
        Will-Retry-Until: Fri, 27 Nov 2026 12:00:00 +0800\n";
    let delivered = "Final-Recipient: rfc822; wang@example.com\nAction: delivered\nStatus: 2.0.0\n";
    let contradicts = "Final-Recipient: rfc822; wang@example.com\nAction: failed\nStatus: 2.0.0\n";
    let foreign = head("<0199f0c2a1b37c4d8e5f60718293a4b5@other.example>");
    let no_letter = head("<CAF=x123@shouma.example>");
    let hyphens = head("<0199f0c2-a1b3-7c4d-8e5f-60718293a4b5@shouma.example>");
    let nameless = "From: no-reply@shouma.example\nTo: wang@example.com\n";
    let report = |status: &str, head: &str| mail(REPORT, &[("message/delivery-status", status), ("text/rfc822-headers", head)]);
    let whole = format!("{}\nthe text\n", ours());
    let inner = report(POSTFIX, &ours());
    let human = format!(
        "From: wang@example.com\r\nTo: no-reply@shouma.example\r\nIn-Reply-To: <{LETTER}@shouma.example>\r\nSubject: Re: x\r\n\r\n\
         Final-Recipient: rfc822; wang@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    );
    let away = format!(
        "From: wang@example.com\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <{LETTER}@shouma.example>\r\n\
         Subject: Out of office\r\n\r\nI am away.\r\n"
    );
    let table: Vec<(&str, String, Report)> = vec![
        ("late", report(delayed, &ours()), Report::NotFinal),
        ("arrived", report(delivered, &ours()), Report::NotFinal),
        ("contradicts itself", report(contradicts, &ours()), Report::NotFinal),
        ("says nothing", report("Reporting-MTA: dns; mx.example\n", &ours()), Report::NotFinal),
        ("about a mail of others", report(POSTFIX, &foreign), Report::NotOurs),
        ("about a mail of ours that is no letter", report(POSTFIX, &no_letter), Report::NotOurs),
        ("an identity that we never write", report(POSTFIX, &hyphens), Report::NotOurs),
        ("about a mail without identity", report(POSTFIX, nameless), Report::NotOurs),
        ("without the returned mail", mail(REPORT, &[("message/delivery-status", POSTFIX)]), Report::NotOurs),
        ("a person answers", human, Report::NoReport),
        (
            "a person answers and quotes the mail",
            mail("multipart/mixed", &[("text/plain", "?"), ("message/rfc822", &whole)]),
            Report::NoReport,
        ),
        ("a person passes a report on", mail("multipart/mixed", &[("text/plain", "fyi"), ("message/rfc822", &inner)]), Report::NoReport),
        ("away", away, Report::NoReport),
        ("nothing", String::new(), Report::NoReport),
    ];
    for (name, raw, expected) in table {
        assert_eq!(read(raw.as_bytes(), HOST), expected, "{name}");
    }
}

#[test]
fn a_report_of_which_the_end_is_missing_is_read_as_far_as_it_goes() {
    let long = format!("{}\n{}\n", ours(), "a long text ".repeat(1000));
    let whole = mail(REPORT, &[("text/plain", "sorry"), ("message/delivery-status", POSTFIX), ("message/rfc822", &long)]);
    let head_end = whole.find("a long text").unwrap();
    let expected = failure(
        "wang@example.com",
        Some("wang@example.com"),
        Some("5.1.1"),
        "550 5.1.1 <wang@example.com>: Recipient address rejected: User unknown",
    );
    for length in 0..head_end + 200 {
        let found = read(&whole.as_bytes()[..length], HOST);
        assert!(!matches!(found, Report::Failed(_)) || found == expected, "{length}: {found:?}");
    }
    assert_eq!(read(&whole.as_bytes()[..head_end + 50], HOST), expected);
}

#[test]
fn a_letter_failed_at_the_address_that_the_report_names() {
    let Report::Failed(failure) = read(&with_status(POSTFIX), HOST) else { panic!("it failed") };
    assert!(failure.at("WANG@example.com").is_some());
    assert_eq!(failure.at("li@example.com"), None, "another address is another person");
    assert_eq!(failure.at(""), None);
    let several = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0\n\n\
        Final-Recipient: rfc822; wang@example.com\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full\n";
    let Report::Failed(failure) = read(&with_status(several), HOST) else { panic!("one failed") };
    assert_eq!(failure.at("wang@example.com").map(FailedRecipient::reason).as_deref(), Some("5.2.2 552 full"));
    assert_eq!(failure.at("a@b.example"), None, "there it arrived");
}

#[test]
fn what_a_mail_server_says_is_one_line_of_bounded_length() {
    let long =
        format!("Final-Recipient: rfc822; wang@example.com\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; {}\n", "很".repeat(5000));
    let Report::Failed(failure) = read(&with_status(&long), HOST) else { panic!("it failed") };
    let reason = failure.at("wang@example.com").unwrap().reason();
    assert_eq!(reason.chars().count(), 300);
    assert!(reason.starts_with("5.7.1 很"));
    let table = [("smtp; 550 5.1.1 no\u{7}such\tuser", "550 5.1.1 no such user"), ("550 no; really", "550 no; really"), ("", "")];
    for (text, expected) in table {
        assert_eq!(words(text), expected, "{text}");
    }
}
