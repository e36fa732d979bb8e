// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/**
 * Turns bodies into objects and objects into bodies, for {@link RequestBody#as} and {@link Response#json}. The
 * application gives one, made of a library of its choice; any number of threads may call it at once.
 */
public interface BodyMapper {

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
