// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;
import io.millrace.http1.Http1Factory;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.transport.ListenOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The same 13 bytes over HTTP/1.1 by any I/O model, with one carrier where a model has several. */
public final class ModelServer {
    private static final byte[] HELLO = Ascii.bytes("Hello, World!");

    private ModelServer() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, and the model's name
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        IoModel model = IoModel.named(arguments[1]).orElseThrow();
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1));
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        server.listen(
                ListenOptions.on(address),
                () -> new Http1Factory(
                        (request, response) -> response.type("text/plain").send(HELLO)));
        server.await();
    }
}
