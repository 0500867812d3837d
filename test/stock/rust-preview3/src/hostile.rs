use crate::exports::switchboard_test::preview3::hostile;
use crate::wasi::cli::stdout;
use crate::wasi::clocks::monotonic_clock::{now, wait_for};
use crate::{Component, wit_future, wit_stream};
use futures::future::join_all;
use wit_bindgen::{FutureReader, StreamReader, spawn_local, yield_async};

const HOUR: u64 = 3_600_000_000_000;

impl hostile::Guest for Component {
    async fn endless() -> StreamReader<u8> {
        let (mut tx, rx) = wit_stream::new::<u8>();
        spawn_local(async move { while tx.write_all(vec![7; 1 << 20]).await.is_empty() {} });
        rx
    }
    async fn endless_items() -> StreamReader<String> {
        let (mut tx, rx) = wit_stream::new::<String>();
        spawn_local(async move { while tx.write_one("x".repeat(10_000)).await.is_none() {} });
        rx
    }
    async fn never_resolved() -> FutureReader<u32> {
        let (tx, rx) = wit_future::new::<u32>(|| 0);
        spawn_local(async move {
            wait_for(HOUR).await;
            let _ = tx.write(1).await;
        });
        rx
    }
    async fn never_returns() {
        wait_for(HOUR).await
    }
    async fn deadlocks() -> u32 {
        let (tx, mut rx) = wit_stream::new::<u32>();
        let item = rx.next().await;
        drop(tx);
        item.unwrap_or(0)
    }
    async fn never_ends() -> u32 {
        spawn_local(async {
            loop {
                wait_for(1_000_000).await
            }
        });
        1
    }
    async fn spins_between() -> u32 {
        wait_for(1_000_000).await;
        let start = now();
        while now() >= start {}
        1
    }
    async fn traps_after_result() -> u32 {
        spawn_local(async {
            wait_for(1_000_000).await;
            core::arch::wasm32::unreachable()
        });
        1
    }
    async fn traps_in_stream() -> StreamReader<u8> {
        let (mut tx, rx) = wit_stream::new::<u8>();
        spawn_local(async move {
            tx.write_all(vec![1; 100]).await;
            wait_for(1_000_000).await;
            core::arch::wasm32::unreachable()
        });
        rx
    }
    async fn subtasks(n: u32) -> u32 {
        join_all((0..n).map(|_| wait_for(5_000_000))).await.len() as u32
    }
    async fn make_streams(n: u32, keep: bool) -> u32 {
        let mut kept = Vec::new();
        for _ in 0..n {
            let pair = wit_stream::new::<u8>();
            if keep {
                kept.push(pair);
            }
        }
        n + kept.len() as u32
    }
    async fn prints(n: u32) -> u32 {
        for _ in 0..n {
            let (mut tx, rx) = wit_stream::new::<u8>();
            let done = stdout::write_via_stream(rx);
            tx.write_all(vec![b'x'; 1 << 16]).await;
            drop(tx);
            let _ = done.await;
        }
        n
    }
    async fn talks() {
        loop {
            wait_for(1_000_000).await;
            let (mut tx, rx) = wit_stream::new::<u8>();
            let done = stdout::write_via_stream(rx);
            tx.write_all(b"still here\n".to_vec()).await;
            drop(tx);
            let _ = done.await;
        }
    }
    async fn yields() {
        loop {
            yield_async().await
        }
    }
}
