# SPDX-License-Identifier: Apache-2.0
import asyncio, sys, zlib
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as F
async def echo(url, ext, large=[]):
    async with websockets.connect(url, max_size=None, compression=None, extensions=ext) as s:
        for size in [0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 19] + large:
            text = ('wörd %d ' * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
            await s.send(text)
            assert await s.recv() == text, size
            await s.send(text.encode())
            assert await s.recv() == text.encode(), size
        await s.close(4321, 'done')
        assert s.close_code == 4321, s.close_code
async def main(url):
    runs = 0
    await echo(url, None, [16 << 20]); runs += 1
    for bits in range(9, 16):
        for no in (True, False):
            await echo(url, [F(server_no_context_takeover=no, client_no_context_takeover=no, server_max_window_bits=bits, client_max_window_bits=bits)]); runs += 1
    print('ok', runs)
asyncio.run(main(sys.argv[1]))
