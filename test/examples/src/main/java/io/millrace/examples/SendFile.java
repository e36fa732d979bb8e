// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.LineEnd;
import io.millrace.core.OpenFile;
import io.millrace.fs.KernelDirectory;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Reads the name of a file and sends the file, by sendfile(2), a header before it: no byte of it passes through Java,
 * and no name leads out of the folder.
 */
public final class SendFile {
    private final DirectoryRoot folder;

    private SendFile(DirectoryRoot folder) {
        this.folder = folder;
    }

    static Listener start(LoopGroup loops, InetSocketAddress address, Path root) throws IOException {
        SendFile sender = new SendFile(KernelDirectory.open(root, false));
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(sender::open));
    }

    private void open(ByteStream stream) {
        stream.onLine(LineEnd.CRLF, 4096, name -> send(stream, name));
    }

    private void send(ByteStream stream, String name) {
        try {
            OpenFile file = folder.open(name);
            stream.out().appendLatin1(file.size() + " bytes\r\n");
            stream.write(file, 0, file.size());
        } catch (IOException e) {
            stream.write("no such file\r\n");
        }
    }

    /** {@code SendFile folder}; then {@code echo name | nc 127.0.0.1 7024}. */
    public static void main(String[] args) throws Exception {
        Program.run(1, 7024, (loops, address) -> start(loops, address, Path.of(args[0])));
    }
}
