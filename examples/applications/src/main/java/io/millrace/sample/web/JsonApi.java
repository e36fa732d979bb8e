// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatch;
import io.millrace.http.HttpException;
import io.millrace.web.WebServer;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A JSON API: books are listed, added, looked at and removed; every error is JSON, too. */
public final class JsonApi {
    private final Map<Integer, Book> books = new ConcurrentSkipListMap<>();
    private final AtomicInteger last = new AtomicInteger();

    /** A book, as clients send and get it. */
    public record Book(int id, String title, String author) {}

    /** What an error is answered with. */
    public record Problem(int status, String message) {}

    WebServer server(int port) {
        return WebServer.on(port)
                .bodyMapper(BodyMapper.of((body, type) -> JSON.std.beanFrom(type, body), JSON.std::asBytes))
                .error(
                        HttpException.class,
                        (e, request, response) -> response.json(new Problem(e.status(), e.getMessage())))
                .get("/books", (request, response) -> response.json(books.values()))
                .get("/books/{id}", (request, response) -> response.json(find(request.paramInt("id"))))
                .post("/books", Dispatch.VIRTUAL, (request, response) -> {
                    Book sent = request.body().as(Book.class);
                    if (sent.title() == null) {
                        throw new HttpException(422, "a book has a title");
                    }
                    Book book = new Book(last.incrementAndGet(), sent.title(), sent.author());
                    books.put(book.id(), book);
                    response.status(201)
                            .header("Location", "/books/" + book.id())
                            .json(book);
                })
                .delete("/books/{id}", (request, response) -> {
                    books.remove(find(request.paramInt("id")).id());
                    response.status(204).send();
                });
    }

    private Book find(int id) throws HttpException {
        Book book = books.get(id);
        if (book == null) {
            throw new HttpException(404, "no book " + id);
        }
        return book;
    }

    /** Serves at port 8080. */
    public static void main(String[] args) throws Exception {
        new JsonApi().server(8080).start();
    }
}
