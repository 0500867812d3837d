//! Functions of WASI 0.3, and abuse of it, in Rust with wit-bindgen's async.
wit_bindgen::generate!({ world: "guest", path: "wit", generate_all });
mod hostile;
use exports::switchboard_test::preview3::api::{self, Answer, Parts, Point};
use futures::future::{Either, join, select};
use std::cell::Cell;
use std::pin::pin;
use wasi::clocks::{monotonic_clock, system_clock};
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasi::http::types::{Fields, Method, Request, Response, Scheme};
use wasi::sockets::types::{IpAddressFamily, TcpSocket};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

pub struct Component;
pub struct Counter(Cell<u32>);

const MS: u64 = 1_000_000;

async fn read_all(data: &mut StreamReader<u8>) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let (result, part) = data.read(Vec::with_capacity(4096)).await;
        all.extend(part);
        if matches!(result, StreamResult::Dropped) {
            return all;
        }
    }
}

fn bytes_of(data: Vec<u8>) -> StreamReader<u8> {
    let (mut tx, rx) = wit_stream::new::<u8>();
    wit_bindgen::spawn_local(async move {
        tx.write_all(data).await;
    });
    rx
}

fn number(value: u32) -> FutureReader<u32> {
    let (tx, rx) = wit_future::new::<u32>(|| 0);
    wit_bindgen::spawn_local(async move {
        let _ = tx.write(value).await;
    });
    rx
}

async fn open(path: &str, open: OpenFlags, flags: DescriptorFlags) -> Result<Descriptor, String> {
    let (directory, rest) = wasi::filesystem::preopens::get_directories()
        .into_iter()
        .filter(|(_, name)| path.starts_with(name.as_str()))
        .max_by_key(|(_, name)| name.len())
        .map(|(directory, name)| (directory, path[name.len()..].trim_start_matches('/').to_string()))
        .ok_or("no directory")?;
    let rest = if rest.is_empty() { ".".to_string() } else { rest };
    directory.open_at(PathFlags::SYMLINK_FOLLOW, rest, open, flags).await.map_err(|e| format!("{e:?}"))
}

impl api::Guest for Component {
    type Counter = Counter;

    async fn add(a: u32, b: u32) -> u32 {
        a + b
    }
    fn plain(a: u32) -> u32 {
        a + 1
    }
    async fn greet(p: Point) -> Result<String, String> {
        if p.x == 0 { Err("no x".into()) } else { Ok(format!("{} {}", p.y, p.x)) }
    }
    async fn many(n: u32) -> Vec<Point> {
        (0..n).map(|x| Point { x, y: x.to_string() }).collect()
    }
    async fn nothing() {}
    async fn wait(ms: u64) -> u64 {
        let start = monotonic_clock::now();
        monotonic_clock::wait_for(ms * MS).await;
        (monotonic_clock::now() - start) / MS
    }
    async fn both(a: u64, b: u64) -> u64 {
        let start = monotonic_clock::now();
        join(monotonic_clock::wait_for(a * MS), monotonic_clock::wait_for(b * MS)).await;
        (monotonic_clock::now() - start) / MS
    }
    async fn race(a: u64, b: u64) -> u64 {
        let (a, b) = (pin!(monotonic_clock::wait_for(a * MS)), pin!(monotonic_clock::wait_for(b * MS)));
        match select(a, b).await {
            Either::Left(_) => 0,
            Either::Right(_) => 1,
        }
    }

    async fn bytes(n: u32) -> StreamReader<u8> {
        let (mut tx, rx) = wit_stream::new::<u8>();
        wit_bindgen::spawn_local(async move {
            let mut at = 0u32;
            while at < n {
                let end = n.min(at + 10_000);
                if !tx.write_all((at..end).map(|i| i as u8).collect()).await.is_empty() {
                    return;
                }
                at = end;
            }
        });
        rx
    }
    async fn points(n: u32) -> StreamReader<Point> {
        let (mut tx, rx) = wit_stream::new::<Point>();
        wit_bindgen::spawn_local(async move {
            for x in 0..n {
                if tx.write_one(Point { x, y: format!("p{x}") }).await.is_some() {
                    return;
                }
            }
        });
        rx
    }
    async fn numbers(n: u32) -> StreamReader<u64> {
        let (mut tx, rx) = wit_stream::new::<u64>();
        wit_bindgen::spawn_local(async move {
            tx.write_all((0..n as u64).map(|i| i << 40).collect()).await;
        });
        rx
    }
    async fn signals(n: u32) -> StreamReader<()> {
        let (mut tx, rx) = wit_stream::new::<()>();
        wit_bindgen::spawn_local(async move {
            tx.write_all(vec![(); n as usize]).await;
        });
        rx
    }
    async fn later(ms: u64) -> FutureReader<String> {
        let (tx, rx) = wit_future::new::<String>(|| "never written".into());
        wit_bindgen::spawn_local(async move {
            monotonic_clock::wait_for(ms * MS).await;
            let _ = tx.write(format!("after {ms} ms")).await;
        });
        rx
    }
    async fn pair() -> (StreamReader<u8>, FutureReader<Result<u32, String>>) {
        let (mut tx, rx) = wit_stream::new::<u8>();
        let (ftx, frx) = wit_future::new::<Result<u32, String>>(|| Err("never written".into()));
        wit_bindgen::spawn_local(async move {
            tx.write_all(b"hello".to_vec()).await;
            drop(tx);
            let _ = ftx.write(Ok(5)).await;
        });
        (rx, frx)
    }
    async fn split(text: String) -> Parts {
        let size = number(text.len() as u32);
        Parts { name: "split".into(), data: bytes_of(text.into_bytes()), size }
    }
    async fn choose(what: String) -> Result<Answer, String> {
        match what.as_str() {
            "text" => Ok(Answer::Text("plain".into())),
            "bytes" => Ok(Answer::Bytes(bytes_of(vec![1, 2, 3]))),
            "none" => Ok(Answer::None),
            other => Err(format!("no {other}")),
        }
    }
    async fn maybe(yes: bool) -> Option<StreamReader<String>> {
        if !yes {
            return None;
        }
        let (mut tx, rx) = wit_stream::new::<String>();
        wit_bindgen::spawn_local(async move {
            tx.write_all(vec!["a".into(), "".into(), "ß".into()]).await;
        });
        Some(rx)
    }
    async fn streams(n: u32) -> Vec<FutureReader<u32>> {
        (0..n).map(number).collect()
    }

    async fn total(mut data: StreamReader<u8>) -> u64 {
        read_all(&mut data).await.iter().map(|b| *b as u64).sum()
    }
    async fn echo(mut data: StreamReader<u8>) -> StreamReader<u8> {
        let (mut tx, rx) = wit_stream::new::<u8>();
        wit_bindgen::spawn_local(async move {
            loop {
                let (result, part) = data.read(Vec::with_capacity(4096)).await;
                if !part.is_empty() {
                    tx.write_all(part).await;
                }
                if matches!(result, StreamResult::Dropped) {
                    return;
                }
            }
        });
        rx
    }
    async fn joined(words: StreamReader<String>) -> String {
        words.collect().await.join(" ")
    }
    async fn plotted(of: StreamReader<Point>) -> Vec<String> {
        of.collect().await.into_iter().map(|p| format!("{}@{}", p.y, p.x)).collect()
    }
    async fn resolved(f: FutureReader<u32>) -> u32 {
        f.await
    }
    async fn first(mut data: StreamReader<u64>) -> Option<u64> {
        data.next().await
    }
    async fn assembled(mut p: Parts) -> String {
        let data = read_all(&mut p.data).await;
        let size = p.size.await;
        format!("{}: {} of {size}", p.name, String::from_utf8_lossy(&data))
    }
    async fn perhaps(data: Option<StreamReader<u8>>) -> u64 {
        match data {
            Some(mut data) => read_all(&mut data).await.len() as u64,
            None => 0,
        }
    }

    async fn print(text: String) -> Result<(), String> {
        let (mut tx, rx) = wit_stream::new::<u8>();
        let done = wasi::cli::stdout::write_via_stream(rx);
        tx.write_all(text.into_bytes()).await;
        drop(tx);
        done.await.map_err(|e| format!("{e:?}"))
    }
    async fn read(path: String) -> Result<String, String> {
        let file = open(&path, OpenFlags::empty(), DescriptorFlags::READ).await?;
        let (mut data, ended) = file.read_via_stream(0);
        let text = String::from_utf8(read_all(&mut data).await).map_err(|e| e.to_string())?;
        drop(data);
        ended.await.map_err(|e| format!("{e:?}"))?;
        Ok(text)
    }
    async fn write(path: String, text: String) -> Result<u64, String> {
        let file = open(&path, OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE).await?;
        let (mut tx, rx) = wit_stream::new::<u8>();
        let done = file.write_via_stream(rx, 0);
        tx.write_all(text.into_bytes()).await;
        drop(tx);
        done.await.map_err(|e| format!("{e:?}"))?;
        Ok(file.stat().await.map_err(|e| format!("{e:?}"))?.size)
    }
    async fn list_directory(path: String) -> Result<Vec<String>, String> {
        let directory = open(&path, OpenFlags::DIRECTORY, DescriptorFlags::READ).await?;
        let (entries, ended) = directory.read_directory();
        let mut names: Vec<String> = entries.collect().await.into_iter().map(|e| format!("{} {:?}", e.name, e.type_)).collect();
        ended.await.map_err(|e| format!("{e:?}"))?;
        names.sort();
        Ok(names)
    }
    async fn fetch(method: String, url: String, body: Option<Vec<u8>>) -> Result<(u16, Vec<u8>), String> {
        let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (trailers_tx, trailers) = wit_future::new(|| Ok(None));
        let contents = body.map(|data| {
            let (mut tx, rx) = wit_stream::new::<u8>();
            wit_bindgen::spawn_local(async move {
                tx.write_all(data).await;
            });
            rx
        });
        let (request, sent) = Request::new(Fields::new(), contents, trailers, None);
        let valid = |_| "not valid".to_string();
        request.set_method(&Method::Other(method)).map_err(valid)?;
        request.set_scheme(Some(&if scheme == "http" { Scheme::Http } else { Scheme::Https })).map_err(valid)?;
        request.set_authority(Some(authority)).map_err(valid)?;
        request.set_path_with_query(Some(path)).map_err(valid)?;
        wit_bindgen::spawn_local(async move {
            let _ = trailers_tx.write(Ok(None)).await;
        });
        let response = wasi::http::client::send(request).await.map_err(|e| format!("{e:?}"))?;
        sent.await.map_err(|e| format!("sent: {e:?}"))?;
        let status = response.get_status_code();
        let (done_tx, done) = wit_future::new(|| Ok(()));
        drop(done_tx);
        let (mut data, trailers) = Response::consume_body(response, done);
        let all = read_all(&mut data).await;
        drop(data);
        trailers.await.map_err(|e| format!("trailers: {e:?}"))?;
        Ok((status, all))
    }
    async fn connect() -> Result<(), String> {
        TcpSocket::create(IpAddressFamily::Ipv4).map(|_| ()).map_err(|e| format!("{e:?}"))
    }
    async fn look_up(name: String) -> Result<u32, String> {
        let found = wasi::sockets::ip_name_lookup::resolve_addresses(name).await;
        found.map(|all| all.len() as u32).map_err(|e| format!("{e:?}"))
    }
    fn variables() -> Vec<(String, String)> {
        wasi::cli::environment::get_environment()
    }
    fn random(n: u32) -> Vec<u8> {
        wasi::random::random::get_random_bytes(n as u64)
    }
    fn now() -> u64 {
        system_clock::now().seconds as u64
    }
    async fn exit(ok: bool) {
        wasi::cli::exit::exit(if ok { Ok(()) } else { Err(()) })
    }
}

impl api::GuestCounter for Counter {
    fn new(start: u32) -> Self {
        Counter(Cell::new(start))
    }
    async fn increment(&self, ms: u64) -> u32 {
        monotonic_clock::wait_for(ms * MS).await;
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
    async fn ticks(&self, n: u32) -> StreamReader<u32> {
        let start = self.0.get();
        let (mut tx, rx) = wit_stream::new::<u32>();
        wit_bindgen::spawn_local(async move {
            tx.write_all((start..start + n).collect()).await;
        });
        rx
    }
    async fn merge(a: api::Counter, b: api::Counter) -> api::Counter {
        let sum = a.get::<Counter>().0.get() + b.get::<Counter>().0.get();
        api::Counter::new(Counter(Cell::new(sum)))
    }
}

export!(Component);
