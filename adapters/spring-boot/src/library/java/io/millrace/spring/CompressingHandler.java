// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.reactivestreams.Publisher;
import org.springframework.boot.web.server.Compression;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Compresses answers by gzip as the properties {@code server.compression} say, for clients that take it. */
final class CompressingHandler implements HttpHandler {
    private final HttpHandler handler;
    private final List<MimeType> types;
    private final List<String> excluded;
    private final long least;

    CompressingHandler(HttpHandler handler, Compression compression) {
        this.handler = handler;
        this.types = Arrays.stream(compression.getMimeTypes())
                .map(MimeTypeUtils::parseMimeType)
                .toList();
        this.excluded =
                compression.getExcludedUserAgents() == null ? List.of() : List.of(compression.getExcludedUserAgents());
        this.least = compression.getMinResponseSize().toBytes();
    }

    @Override
    public Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
        boolean takes = request.getMethod() != HttpMethod.HEAD && takesGzip(request) && !isExcluded(request);
        return handler.handle(request, takes ? new Compressing(response) : response);
    }

    private static boolean takesGzip(ServerHttpRequest request) {
        for (String line : request.getHeaders().getOrEmpty(HttpHeaders.ACCEPT_ENCODING)) {
            for (String each : line.toLowerCase(Locale.ROOT).split(",")) {
                String[] parts = each.strip().split("\\s*;\\s*");
                if (parts[0].equals("gzip") && (parts.length == 1 || !parts[1].matches("q=0(\\.0*)?"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isExcluded(ServerHttpRequest request) {
        String agent = request.getHeaders().getFirst(HttpHeaders.USER_AGENT);
        return agent != null && excluded.stream().anyMatch(agent::matches);
    }

    /** Compresses a body if its type, length and status are right. */
    private final class Compressing extends ServerHttpResponseDecorator {
        Compressing(ServerHttpResponse response) {
            super(response);
        }

        private boolean isWorthIt() {
            HttpHeaders headers = getHeaders();
            HttpStatusCode status = getStatusCode();
            MediaType type = type(headers);
            long length = headers.getContentLength();
            return type != null
                    && (status == null || status.value() == 200)
                    && !headers.containsHeader(HttpHeaders.CONTENT_ENCODING)
                    && !headers.containsHeader(HttpHeaders.CONTENT_RANGE)
                    && (length < 0 || length >= least)
                    && types.stream().anyMatch(each -> each.includes(type));
        }

        // A type that is none is sent as it is.
        private static MediaType type(HttpHeaders headers) {
            try {
                return headers.getContentType();
            } catch (InvalidMediaTypeException e) {
                return null;
            }
        }

        private GzipWriter begin() {
            HttpHeaders headers = getHeaders();
            headers.remove(HttpHeaders.CONTENT_LENGTH);
            headers.set(HttpHeaders.CONTENT_ENCODING, "gzip");
            headers.add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
            String tag = headers.getETag();
            if (tag != null && !tag.startsWith("W/")) {
                headers.setETag("W/" + tag);
            }
            return new GzipWriter();
        }

        @Override
        public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
            if (body instanceof Mono<? extends DataBuffer> single) {
                return single.flatMap(buffer -> isWorthIt() && buffer.readableByteCount() >= least
                        ? super.writeWith(compressed(begin(), Flux.just(buffer)))
                        : super.writeWith(Mono.just(buffer)));
            }
            return isWorthIt() ? super.writeWith(compressed(begin(), body)) : super.writeWith(body);
        }

        @Override
        public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
            if (!isWorthIt()) {
                return super.writeAndFlushWith(body);
            }
            GzipWriter writer = begin();
            return super.writeAndFlushWith(Flux.from(body)
                    .concatMap(part -> Flux.from(part).map(buffer -> writer.write(this, buffer)), 1)
                    .concatWith(Mono.fromSupplier(() -> writer.end(this)))
                    .map(Flux::just));
        }

        private Flux<DataBuffer> compressed(GzipWriter writer, Publisher<? extends DataBuffer> body) {
            return Flux.from(body)
                    .map(buffer -> writer.write(this, buffer))
                    .concatWith(Mono.fromSupplier(() -> writer.end(this)));
        }
    }

    /** One compressed body. Each piece is flushed: whoever waits for it gets it. */
    private static final class GzipWriter {
        private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
        private GZIPOutputStream gzip;

        DataBuffer write(ServerHttpResponse response, DataBuffer buffer) {
            byte[] bytes = MillraceServerHttpResponse.taken(buffer);
            try {
                open().write(bytes);
                gzip.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return collected(response);
        }

        private GZIPOutputStream open() throws IOException {
            if (gzip == null) {
                gzip = new GZIPOutputStream(collected, 512, true);
            }
            return gzip;
        }

        DataBuffer end(ServerHttpResponse response) {
            try {
                open().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return collected(response);
        }

        private DataBuffer collected(ServerHttpResponse response) {
            byte[] bytes = collected.toByteArray();
            collected.reset();
            return response.bufferFactory().wrap(bytes);
        }
    }
}
