//! `shouma-sim`: a simulated WeChat Pay on this machine, for whoever integrates the real one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use simulator::{KeyMode, Merchant, RefundDelays, SimConfig};
use tracing_subscriber::EnvFilter;

/// Stands in for WeChat Pay APIv3, WeChat sign-in and account messages.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to answer on.
    #[arg(long, env = "SHOUMA_SIM_LISTEN", default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// Address to take mail in on (SMTP, AUTH PLAIN without TLS).
    #[arg(long, env = "SHOUMA_SIM_SMTP_LISTEN", default_value = "127.0.0.1:4025")]
    smtp_listen: SocketAddr,
    /// Address to read returned mails on (IMAP without TLS).
    #[arg(long, env = "SHOUMA_SIM_IMAP_LISTEN", default_value = "127.0.0.1:4143")]
    imap_listen: SocketAddr,
    /// How browsers and merchants address it [default: http://localhost:PORT].
    #[arg(long, env = "SHOUMA_SIM_PUBLIC_URL")]
    public_url: Option<String>,
    /// Folder for keys, merchant.json and the orders.
    #[arg(long, env = "SHOUMA_SIM_DIR", default_value = "var/sim")]
    dir: PathBuf,
    /// Keys that the platform signs with at first.
    #[arg(long, env = "SHOUMA_SIM_KEY_MODE", value_enum, default_value = "both")]
    key_mode: KeyMode,
    /// Multiplies the waits between notices (15 s ... 6 h).
    #[arg(long, env = "SHOUMA_SIM_RETRY_SCALE", default_value_t = 1.0, value_parser = scale)]
    retry_scale: f64,
    /// Milliseconds until a refund to the wallet's change is decided.
    #[arg(long, env = "SHOUMA_SIM_REFUND_CHANGE_MS", default_value_t = 3000)]
    refund_change_ms: u32,
    /// Milliseconds until a refund to a bank card is decided.
    #[arg(long, env = "SHOUMA_SIM_REFUND_CARD_MS", default_value_t = 30_000)]
    refund_card_ms: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_env("SHOUMA_SIM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let config = SimConfig {
        public_url: arguments.public_url.clone(),
        smtp_listen: Some(arguments.smtp_listen),
        imap_listen: Some(arguments.imap_listen),
        key_mode: arguments.key_mode,
        retry_scale: arguments.retry_scale,
        refund_delays: RefundDelays { change_ms: arguments.refund_change_ms.into(), card_ms: arguments.refund_card_ms.into() },
        ..SimConfig::for_people(arguments.listen, arguments.dir.clone())
    };
    let sim = match simulator::start(config).await {
        Ok(sim) => sim,
        Err(error) => {
            eprintln!("shouma-sim: {error}");
            return ExitCode::from(2);
        }
    };
    introduce(&sim.merchant(), &arguments);
    wait_for_stop().await;
    sim.stop().await;
    ExitCode::SUCCESS
}

/// Tells what a merchant must configure. Secrets stay in the file.
fn introduce(merchant: &Merchant, arguments: &Arguments) {
    let Arguments { dir, smtp_listen: smtp, imap_listen: imap, .. } = arguments;
    println!("WeChat Pay simulator 模拟器: {}", merchant.base_url);
    println!("  documentation       {}/_sim", merchant.base_url);
    println!("  API base, OAuth and messages base: the same address");
    println!("  mchid               {}", merchant.mchid);
    println!("  appid               {}", merchant.appid);
    println!("  merchant serial     {}", merchant.merchant_serial_no);
    println!("  public key id       {}", merchant.wechatpay_public_key_id);
    println!("  certificate serial  {}", merchant.platform_certificate_serial_no);
    println!("  mail (SMTP)         {smtp}, read at {}/inbox", merchant.base_url);
    println!("  returned mail       {imap} (IMAP), any user and password");
    println!("  secrets and keys    {} (also {}/_sim/merchant)", dir.join("merchant.json").display(), merchant.base_url);
}

async fn wait_for_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.0..=1000.0).contains(&scale) => Ok(scale),
        _ => Err("must be a number between 0 and 1000".into()),
    }
}
