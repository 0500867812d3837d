//! The stock world by nothing but Rust's standard library and the `wasip2` crate.
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

wit_bindgen::generate!({ path: "../stock.wit", world: "whole" });

use exports::test::stock::{files, process, script, web};

struct Stock;
export!(Stock);

impl files::Guest for Stock {
    fn read(path: String) -> Result<String, String> {
        fs::read_to_string(path).map_err(text)
    }

    fn write(path: String, body: String) -> Result<(), String> {
        fs::write(path, body).map_err(text)
    }

    fn entries(path: String) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(path).map_err(text)?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(text)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn shuffle(dir: String) -> Result<(), String> {
        let inner = format!("{dir}/inner");
        fs::create_dir(&inner).map_err(text)?;
        let mut file = fs::File::create(format!("{dir}/one")).map_err(text)?;
        file.write_all(b"first line\n").map_err(text)?;
        file.sync_all().map_err(text)?;
        drop(file);
        let moved = format!("{inner}/two");
        fs::rename(format!("{dir}/one"), &moved).map_err(text)?;
        let mut file = fs::OpenOptions::new().append(true).open(&moved).map_err(text)?;
        file.write_all(b"second line\n").map_err(text)?;
        drop(file);
        let length = fs::metadata(&moved).map_err(text)?.len();
        if length != 23 {
            return Err(format!("the file has {length} bytes"));
        }
        fs::remove_file(&moved).map_err(text)?;
        fs::remove_dir(&inner).map_err(text)
    }
}

impl process::Guest for Stock {
    fn environment() -> Vec<(String, String)> {
        std::env::vars().collect()
    }

    fn arguments() -> Vec<String> {
        std::env::args().collect()
    }

    fn input() -> Result<u64, String> {
        let mut all = Vec::new();
        std::io::stdin().read_to_end(&mut all).map(|count| count as u64).map_err(text)
    }

    fn connect(address: String) -> Result<(), String> {
        TcpStream::connect(address).map(drop).map_err(text)
    }
}

impl script::Guest for Stock {
    fn say(line: String) {
        println!("{line}");
        eprintln!("{line}");
    }

    fn sleep(milliseconds: u32) -> (u64, u64) {
        let start = Instant::now();
        std::thread::sleep(Duration::from_millis(milliseconds.into()));
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (wall.as_secs(), start.elapsed().as_millis() as u64)
    }

    fn random(count: u32) -> Vec<u8> {
        wasip2::random::random::get_random_bytes(count.into())
    }
}

impl web::Guest for Stock {
    fn get(url: String) -> Result<(u16, String), String> {
        let response = send(request(Method::Get, &url)?, |_| Ok(()))?;
        let status = response.status();
        let mut body = Vec::new();
        chunks(response, |chunk| {
            body.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok((status, String::from_utf8(body).map_err(text)?))
    }

    fn pass(source: String, target: String) -> Result<(u64, u16), String> {
        let from = send(request(Method::Get, &source)?, |_| Ok(()))?;
        let mut passed = 0;
        let answer = send(request(Method::Put, &target)?, |out| {
            chunks(from, |chunk| {
                passed += chunk.len() as u64;
                write_all(out, chunk)
            })
        })?;
        Ok((passed, answer.status()))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn request(method: Method, url: &str) -> Result<OutgoingRequest, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&method).map_err(|()| "method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(&format!("/{path}"))).map_err(|()| "path")?;
    Ok(request)
}

fn send(
    request: OutgoingRequest,
    fill: impl FnOnce(&wasip2::io::streams::OutputStream) -> Result<(), String>,
) -> Result<IncomingResponse, String> {
    let body = request.body().map_err(|()| "body")?;
    let future = outgoing_handler::handle(request, None).map_err(|code| format!("{code:?}"))?;
    let out = body.write().map_err(|()| "write")?;
    fill(&out)?;
    out.blocking_flush().map_err(text)?;
    drop(out);
    OutgoingBody::finish(body, None).map_err(|code| format!("{code:?}"))?;
    future.subscribe().block();
    let response = future.get().ok_or("nothing yet")?.map_err(|()| "taken")?;
    response.map_err(|code| format!("{code:?}"))
}

/// As asynchronous runtimes for WASI do it: what the stream permits, then wait until it permits more.
fn write_all(out: &wasip2::io::streams::OutputStream, mut rest: &[u8]) -> Result<(), String> {
    while !rest.is_empty() {
        let permitted = out.check_write().map_err(text)? as usize;
        if permitted == 0 {
            out.subscribe().block();
            continue;
        }
        let (now, later) = rest.split_at(permitted.min(rest.len()));
        out.write(now).map_err(text)?;
        rest = later;
    }
    Ok(())
}

fn chunks(
    response: IncomingResponse,
    mut each: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let body = response.consume().map_err(|()| "consume")?;
    let stream = body.stream().map_err(|()| "stream")?;
    loop {
        match stream.blocking_read(65536) {
            Ok(chunk) => each(&chunk)?,
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
    drop(stream);
    IncomingBody::finish(body);
    Ok(())
}
