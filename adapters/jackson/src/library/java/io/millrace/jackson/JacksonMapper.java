// SPDX-License-Identifier: Apache-2.0
package io.millrace.jackson;

import io.millrace.http.BodyMapper;
import java.util.Objects;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns JSON into objects and back by Jackson 3:
 *
 * <pre>{@code
 * server.bodyMapper(JacksonMapper.strict());
 * }</pre>
 *
 * <p>Any number of threads may use it.
 */
public final class JacksonMapper implements BodyMapper {
    private final ObjectMapper mapper;

    private JacksonMapper(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** Returns a mapper that does what an {@link ObjectMapper} of the application does. */
    public static JacksonMapper of(ObjectMapper mapper) {
        return new JacksonMapper(Objects.requireNonNull(mapper, "mapper"));
    }

    /**
     * Returns a mapper with Jackson's defaults that takes bodies of one value alone: what follows it is an error, and
     * so is a missing value where a Java primitive is to be.
     */
    public static JacksonMapper strict() {
        return of(JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .build());
    }

    @Override
    public <T> T read(byte[] body, Class<T> type) {
        T value = mapper.readValue(body, type);
        if (value == null) {
            throw new IllegalArgumentException("the body is null");
        }
        return value;
    }

    @Override
    public byte[] write(Object value) {
        return mapper.writeValueAsBytes(value);
    }
}
