// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouterTest {
    private static final Handler NOTHING = (request, response) -> {};

    private static Router router() {
        Router router = new Router();
        for (String pattern : List.of(
                "/",
                "/users",
                "/users/",
                "/users/me",
                "/users/{id}",
                "/users/{id}/posts/{post}",
                "/users/{id}/posts/new",
                "/files/{path...}",
                "/files/special",
                "/any/*",
                "/{top}/x",
                "/a/b/c",
                "/a/{p}/d",
                "/{q}/b/e",
                "/stra\u00dfe",
                "/only/{p}")) {
            router.get(pattern, NOTHING);
        }
        return router;
    }

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/users, /users",
        "/users/, /users/",
        "/users/me, /users/me",
        "/users/42, /users/{id}",
        "/users/42/posts/7, /users/{id}/posts/{post}",
        "/users/42/posts/new, /users/{id}/posts/new",
        "/files/, /files/{path...}",
        "/files/a/b/c, /files/{path...}",
        "/files/special, /files/special",
        "/files/special/, /files/{path...}",
        "/any/, /any/*",
        "/any/thing/at/all, /any/*",
        "/files/x, /files/{path...}",
        "/foo/x, /{top}/x",
        "/a/b/c, /a/b/c",
        "/a/b/d, /a/{p}/d",
        "/a/b/e, /{q}/b/e",
        "/users/x, /users/{id}",
        "/users?x=/y, /users",
        "/%75sers, /users",
        "//users, /users",
        "/x/../users, /users",
        "/users/%6d%65, /users/me",
        "/users/a%2Fposts%2fb, /users/{id}/posts/{post}",
        "/users/a%2Fposts/b, /users/{id}/posts/{post}",
        "/stra%C3%9fe, /stra\u00dfe",
        "/users/.., /",
        "/users/., /users/",
        "/nothing, ''",
        "/users/42/, ''",
        "/users//, /users/",
        "/files, ''",
        "/x/y/z, ''",
        "/only/, ''"
    })
    void theMostExactPatternAnswers(String target, String pattern) {
        assertEquals(pattern, router().resolve(Asked.of("GET", target)).pattern());
    }

    @Test
    void parametersAreDecoded() {
        Router router = router();
        ExchangeRequest request = Asked.of("GET", "/users/a%20b/posts/%C3%BC");
        router.resolve(request);
        assertEquals("a b", request.param("id"));
        assertEquals("\u00fc", request.param("post"));
        assertThrows(IllegalArgumentException.class, () -> request.param("other"));
        Asked.set(request, "GET", "/files/a/b%20c?x");
        router.resolve(request);
        assertEquals("a/b c", request.param("path"));
        assertThrows(IllegalArgumentException.class, () -> request.param("id"));
        Asked.set(request, "GET", "/files/");
        router.resolve(request);
        assertEquals("", request.param("path"));
        Asked.set(request, "GET", "/nothing");
        router.resolve(request);
        assertThrows(IllegalArgumentException.class, () -> request.param("path"));
        Asked.set(request, "GET", "/any/a/b");
        router.resolve(request);
        assertEquals("a/b", request.param("*"));
    }

    @Test
    void aParameterOfAWayThatLedNowhereIsForgotten() {
        ExchangeRequest request = Asked.of("GET", "/a/b/e");
        router().resolve(request);
        assertEquals("a", request.param("q"));
        assertThrows(IllegalArgumentException.class, () -> request.param("p"));
    }

    @Test
    void theMethodDecidesAmongPatterns() {
        Router router = new Router()
                .get("/users/me", NOTHING)
                .delete("/users/{id}", NOTHING)
                .put("/{rest...}", NOTHING)
                .any("/any", NOTHING);
        assertEquals(
                "/users/{id}", router.resolve(Asked.of("DELETE", "/users/me")).pattern());
        assertEquals("/{rest...}", router.resolve(Asked.of("PUT", "/users/me")).pattern());
        assertEquals("/users/me", router.resolve(Asked.of("HEAD", "/users/me")).pattern());
        assertEquals("/any", router.resolve(Asked.of("BREW", "/any")).pattern());
        assertEquals("", router.resolve(Asked.of("get", "/users/me")).pattern());
    }

    @Test
    void headMayHaveARouteOfItsOwn() {
        Route own = new Router()
                .get("/a", NOTHING)
                .route("HEAD", "/a", Dispatch.VIRTUAL, NOTHING)
                .resolve(Asked.of("HEAD", "/a"));
        assertSame(Dispatch.VIRTUAL, own.dispatch());
    }

    @Test
    void dispatchIsDecidedByTheRoute() {
        Router router = new Router()
                .get("/inline", NOTHING)
                .get("/virtual", Dispatch.VIRTUAL, NOTHING)
                .get("/wrapped", Route.virtual(NOTHING))
                .filter((request, response, next) -> next.handle(request, response));
        assertSame(Dispatch.INLINE, router.resolve(Asked.of("GET", "/inline")).dispatch());
        assertSame(Dispatch.VIRTUAL, router.resolve(Asked.of("GET", "/virtual")).dispatch());
        assertSame(Dispatch.VIRTUAL, router.resolve(Asked.of("GET", "/wrapped")).dispatch());
        assertSame(
                Dispatch.INLINE,
                Dispatcher.of(NOTHING).resolve(Asked.of("GET", "/")).dispatch());
        Dispatcher behind = Dispatcher.of(((Filter) (request, response, next) -> {}).before(router));
        assertSame(Dispatch.VIRTUAL, behind.resolve(Asked.of("GET", "/virtual")).dispatch());
        assertSame(behind.resolve(Asked.of("GET", "/inline")), behind.resolve(Asked.of("GET", "/inline")));
    }

    @Test
    void filtersThatMayBlockStandBeforeEverything() {
        Filter filter = (request, response, next) -> next.handle(request, response);
        Router allVirtual = new Router().get("/a", Dispatch.VIRTUAL, NOTHING).get("/b", Route.virtual(NOTHING));
        Router mixed = new Router()
                .get("/a", Dispatch.VIRTUAL, NOTHING)
                .get("/b", NOTHING)
                .filter(filter);
        Router aside = new Router().get("/a", NOTHING).any("/in/*", mixed).filter(Dispatch.VIRTUAL, filter);
        Router bare = new Router().get("/a", Dispatch.VIRTUAL, NOTHING);
        allVirtual.filter(filter);
        for (String[] asked : new String[][] {{"GET", "/x"}, {"POST", "/a"}, {"OPTIONS", "/a"}, {"OPTIONS", "*"}}) {
            assertSame(
                    Dispatch.VIRTUAL,
                    allVirtual.resolve(Asked.of(asked[0], asked[1])).dispatch());
            assertSame(
                    Dispatch.INLINE, mixed.resolve(Asked.of(asked[0], asked[1])).dispatch());
            assertSame(
                    Dispatch.VIRTUAL,
                    aside.resolve(Asked.of(asked[0], asked[1])).dispatch());
            assertSame(
                    Dispatch.INLINE, bare.resolve(Asked.of(asked[0], asked[1])).dispatch());
        }
        assertSame(Dispatch.VIRTUAL, aside.resolve(Asked.of("GET", "/a")).dispatch());
        assertSame(Dispatch.VIRTUAL, aside.resolve(Asked.of("GET", "/in/b")).dispatch());
    }

    @Test
    void aRouteRunsOnItsExecutorBehindFiltersThatBlock() {
        Filter filter = (request, response, next) -> next.handle(request, response);
        Executor pool = task -> {};
        Dispatch place = Dispatch.on(pool);
        Router router = new Router()
                .get("/inline", NOTHING)
                .get("/pool", place, NOTHING)
                .get("/route", Route.on(pool, NOTHING))
                .filter(Dispatch.VIRTUAL, filter);
        assertSame(place, router.resolve(Asked.of("GET", "/pool")).dispatch());
        assertEquals(
                Dispatch.VIRTUAL, router.resolve(Asked.of("GET", "/inline")).dispatch());
        assertEquals(Dispatch.VIRTUAL, router.resolve(Asked.of("GET", "/x")).dispatch());
        Router all = new Router()
                .get("/a", place, NOTHING)
                .get("/b", Route.on(pool, NOTHING))
                .filter(filter);
        assertEquals(place, all.resolve(Asked.of("GET", "/x")).dispatch());
        Router two = new Router()
                .get("/a", place, NOTHING)
                .get("/b", Dispatch.VIRTUAL, NOTHING)
                .filter(filter);
        assertEquals(Dispatch.VIRTUAL, two.resolve(Asked.of("GET", "/x")).dispatch());
        assertEquals(
                place,
                new Router()
                        .filter(place, filter)
                        .resolve(Asked.of("GET", "/x"))
                        .dispatch());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Router().filter(place, filter).filter(Dispatch.VIRTUAL, filter));
        assertThrows(NullPointerException.class, () -> Dispatch.on(null));
        assertSame(place, Dispatch.on(place));
    }

    @Test
    void theChainOfFiltersIsBuiltOnce() {
        List<Handler> built = new ArrayList<>();
        Filter filter = new Filter() {
            @Override
            public void filter(Request request, Response response, Handler next) {}

            @Override
            public Handler before(Handler handler) {
                built.add(handler);
                return handler;
            }
        };
        Router router = new Router().get("/a", NOTHING).filter(filter);
        for (int i = 0; i < 3; i++) {
            router.resolve(Asked.of("POST", "/a"));
            router.resolve(Asked.of("OPTIONS", "/a"));
            router.resolve(Asked.of("GET", "/x"));
        }
        assertEquals(2, built.size(), "before the route, and before the answers without one");
    }

    @Test
    void routersNest() {
        Router inner = new Router().get("/api/a/{x}", Dispatch.VIRTUAL, NOTHING);
        Router outer = new Router().any("/api/{rest...}", inner);
        ExchangeRequest request = Asked.of("GET", "/api/a/1");
        assertSame(Dispatch.VIRTUAL, outer.resolve(request).dispatch());
        assertEquals("1", request.param("x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "users",
                "*",
                "/a//b",
                "/{",
                "/}",
                "/{}",
                "/{a b}",
                "/{...}",
                "/{a...}/b",
                "/*/b",
                "/a*",
                "/x{id}",
                "/{id}x",
                "/{a}/{a}",
                "/./a",
                "/..",
                "/a?b",
                "/a#b",
                "/a%20b",
                "/{a/b}"
            })
    void badPatternsAreRefusedAndSaidWhy(String pattern) {
        Router router = new Router();
        String message = assertThrows(IllegalArgumentException.class, () -> router.get(pattern, NOTHING))
                .getMessage();
        assertTrue(message.contains(pattern), message);
    }

    @Test
    void duplicatesAreRefused() {
        Router router = new Router().get("/a/{x}", NOTHING).get("/b/*", NOTHING);
        assertThrows(IllegalArgumentException.class, () -> router.get("/a/{y}", NOTHING));
        assertThrows(IllegalArgumentException.class, () -> router.get("/b/{rest...}", NOTHING));
        router.post("/a/{y}", NOTHING);
        assertThrows(IllegalArgumentException.class, () -> router.route("a b", "/c", NOTHING));
    }

    @Test
    void theFirstRequestEndsTheSettingUp() {
        Router router = new Router().get("/", NOTHING);
        router.resolve(Asked.of("GET", "/"));
        assertThrows(IllegalStateException.class, () -> router.get("/late", NOTHING));
        assertThrows(IllegalStateException.class, () -> router.filter((request, response, next) -> {}));
    }
}
