// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns bodies into objects and objects into bodies, for {@link RequestBody#as} and {@link Response#json}. The
 * application gives one, made of a library of its choice; any number of threads may call it at once.
 */
public interface BodyMapper {

    /** Makes objects of bodies. */
    @FunctionalInterface
    interface BodyReader {

        /** Returns what a body is, an instance of {@code type}. */
        @Nullable
        Object read(byte[] body, Class<?> type) throws Exception;
    }

    /** Makes bodies of objects. */
    @FunctionalInterface
    interface BodyWriter {

        /** Returns the bytes of a body. */
        byte[] write(Object value) throws Exception;
    }

    /**
     * Returns a mapper of two methods that a library for JSON has.
     *
     * <pre>{@code
     * BodyMapper.of(jackson::readValue, jackson::writeValueAsBytes);                            // Jackson
     * BodyMapper.of((body, type) -> JSON.std.beanFrom(type, body), JSON.std::asBytes);          // jackson-jr
     * }</pre>
     */
    static BodyMapper of(BodyReader reader, BodyWriter writer) {
        Objects.requireNonNull(reader, "reader");
        Objects.requireNonNull(writer, "writer");
        return new BodyMapper() {
            @Override
            public <T> T read(byte[] body, Class<T> type) throws Exception {
                return type.cast(Objects.requireNonNull(reader.read(body, type), "the object that the body is"));
            }

            @Override
            public byte[] write(Object value) throws Exception {
                return writer.write(value);
            }
        };
    }

    /**
     * Makes an object of a body.
     *
     * @throws Exception if the body is not of that type; the client is answered with 400
     */
    <T> T read(byte[] body, Class<T> type) throws Exception;

    /**
     * Makes a body of an object.
     *
     * @throws Exception if that cannot be done; the client is answered with 500
     */
    byte[] write(Object value) throws Exception;

    /** Returns the type of the bodies that {@link #write} makes and {@link #read} takes. */
    default String mediaType() {
        return "application/json";
    }
}
