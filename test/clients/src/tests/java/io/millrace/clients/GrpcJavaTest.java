// SPDX-License-Identifier: Apache-2.0
package io.millrace.clients;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC by the client of grpc-java over Netty, in clear and over TLS. */
@Timeout(120)
final class GrpcJavaTest {
    @TempDir
    private static Path folder;

    private static GrpcServer server;
    private static ManagedChannel clear;
    private static ManagedChannel secure;

    @BeforeAll
    static void start() throws Exception {
        server = new GrpcServer(folder);
        clear = NettyChannelBuilder.forAddress("127.0.0.1", server.clear.port())
                .usePlaintext()
                .build();
        secure = NettyChannelBuilder.forAddress("localhost", server.secure.port())
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(server.certificate.toFile())
                        .build())
                .build();
    }

    @AfterAll
    static void stop() {
        clear.shutdownNow();
        secure.shutdownNow();
        server.close();
    }

    /** Messages are bytes. */
    private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
        MARSHALLER;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static ManagedChannel channel(boolean tls) {
        return tls ? secure : clear;
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName(GrpcService.NAME + "/" + name)
                .setRequestMarshaller(Bytes.MARSHALLER)
                .setResponseMarshaller(Bytes.MARSHALLER)
                .build();
    }

    private static byte[] ask(boolean tls, String name, byte[] message) {
        return ClientCalls.blockingUnaryCall(
                channel(tls), method(MethodType.UNARY, name), CallOptions.DEFAULT, message);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static Status statusOf(Executable call) {
        return assertThrows(StatusRuntimeException.class, call).getStatus();
    }

    /** Keeps what comes in, and in the end null or what went wrong. */
    private static final class Answers implements StreamObserver<byte[]> {
        final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        final CompletableFuture<Status> end = new CompletableFuture<>();

        @Override
        public void onNext(byte[] message) {
            messages.add(text(message));
        }

        @Override
        public void onError(Throwable why) {
            end.complete(Status.fromThrowable(why));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }

        String next() throws InterruptedException {
            return messages.poll(30, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallHasAnAnswer(boolean tls) {
        assertEquals("hello", text(ask(tls, "Unary", bytes("hello"))));
        byte[] large = new byte[3_000_000];
        Arrays.fill(large, (byte) 'x');
        assertArrayEquals(large, ask(tls, "Unary", large));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aServerStreamsAsMuchAsIsTaken(boolean tls) {
        Iterator<byte[]> answers = ClientCalls.blockingServerStreamingCall(
                channel(tls), method(MethodType.SERVER_STREAMING, "Numbers"), CallOptions.DEFAULT, bytes("100000"));
        for (int i = 0; i < 100_000; i++) {
            assertEquals(i, Integer.parseInt(text(answers.next())));
        }
        assertFalse(answers.hasNext());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientStreams(boolean tls) throws Exception {
        Answers answers = new Answers();
        StreamObserver<byte[]> requests = ClientCalls.asyncClientStreamingCall(
                channel(tls).newCall(method(MethodType.CLIENT_STREAMING, "Count"), CallOptions.DEFAULT), answers);
        for (int i = 0; i < 10_000; i++) {
            requests.onNext(bytes("message " + i));
        }
        requests.onCompleted();
        assertEquals(Status.OK, answers.end.get(60, TimeUnit.SECONDS));
        assertEquals("10000", answers.next());
    }

    /** Each message is answered before the next is sent: both directions are open at once. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothStream(boolean tls) throws Exception {
        Answers answers = new Answers();
        StreamObserver<byte[]> requests = ClientCalls.asyncBidiStreamingCall(
                channel(tls).newCall(method(MethodType.BIDI_STREAMING, "Bidi"), CallOptions.DEFAULT), answers);
        for (int i = 0; i < 300; i++) {
            requests.onNext(bytes("message " + i));
            assertEquals("message " + i, answers.next());
        }
        requests.onCompleted();
        assertEquals(Status.OK, answers.end.get(60, TimeUnit.SECONDS));
    }

    /** A status comes in a head that is the end as well, or in trailers after messages. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallIsRefused(boolean tls) throws Exception {
        Status refused = statusOf(() -> ask(tls, "Refuse", bytes("x")));
        assertEquals(Status.Code.PERMISSION_DENIED, refused.getCode());
        assertEquals("not for you", refused.getDescription());
        assertEquals(
                Status.Code.UNIMPLEMENTED,
                statusOf(() -> ask(tls, "Unknown", bytes("x"))).getCode());
        Answers answers = new Answers();
        ClientCalls.asyncServerStreamingCall(
                channel(tls).newCall(method(MethodType.SERVER_STREAMING, "Cut"), CallOptions.DEFAULT),
                bytes("last words"),
                answers);
        assertEquals(Status.Code.ABORTED, answers.end.get(60, TimeUnit.SECONDS).getCode());
        assertEquals("last words", answers.next());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallIsCancelled(boolean tls) throws Exception {
        int before = server.service.cancelled.get();
        ClientCall<byte[], byte[]> call =
                channel(tls).newCall(method(MethodType.SERVER_STREAMING, "Hang"), CallOptions.DEFAULT);
        CountDownLatch begun = new CountDownLatch(1);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onHeaders(Metadata fields) {
                        begun.countDown();
                    }
                },
                new Metadata());
        call.sendMessage(bytes("x"));
        call.halfClose();
        call.request(1);
        assertTrue(begun.await(30, TimeUnit.SECONDS));
        call.cancel("enough", null);
        GrpcService.awaitMore(server.service.cancelled, before);
        assertEquals("still here", text(ask(tls, "Unary", bytes("still here"))));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDeadlineEndsACall(boolean tls) throws Exception {
        int before = server.service.expired.get();
        CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
        ask(tls, "Unary", bytes("the connection stands"));
        Status status = statusOf(
                () -> ClientCalls.blockingUnaryCall(channel(tls), method(MethodType.UNARY, "Hang"), soon, bytes("x")));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, status.getCode());
        GrpcService.awaitMore(server.service.expired, before);
    }
}
