"""Relay a stream to a browser as server-sent events, with an asyncio server."""

import asyncio
import json
import os

from chat_completions import APIError, AsyncClient

MODEL = os.environ.get("MODEL", "gpt-5-mini")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


async def main() -> None:
    async with AsyncClient() as client:

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD)
            try:
                stream = await client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": "Tell me a story."}], stream=True
                )
                async with stream:  # if the browser disconnects, the model stops too
                    async for text in stream.text_deltas():
                        writer.write(f"data: {json.dumps(text)}\n\n".encode())
                        await writer.drain()
                writer.write(b"event: done\ndata:\n\n")
            except APIError as error:
                writer.write(f"event: error\ndata: {json.dumps(error.message)}\n\n".encode())
            writer.close()

        server = await asyncio.start_server(relay, "127.0.0.1", int(os.environ.get("PORT", "8765")))
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


asyncio.run(main())
