// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.transport.Engine;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** There is one catalogue of engines: models of loops have their engine's name and its facts. */
final class EngineCatalogueTest {
    @Test
    void aModelOfLoopsHasItsEnginesNameAndFacts() {
        for (IoModel model : IoModel.values()) {
            Engine engine = model.engine();
            if (engine != null) {
                assertTrue(Engine.all().contains(engine), model.id());
                assertEquals(engine.name(), model.id());
                assertEquals(engine.whyNot(), model.whyNot());
                assertEquals(engine.seesHangups(), model.seesHangups());
            }
        }
    }

    @Test
    void everyEngineHasANameOfItsOwn() {
        List<String> names = Engine.all().stream().map(Engine::name).toList();
        Set<String> different = new HashSet<>(names);
        assertEquals(names.size(), different.size(), names.toString());
    }
}
