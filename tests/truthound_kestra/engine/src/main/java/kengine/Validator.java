package kengine;

import io.kestra.core.models.flows.FlowSource;
import io.kestra.core.models.validations.ValidateConstraintViolation;
import io.kestra.core.services.FlowService;
import io.micronaut.context.ApplicationContext;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The check that a Kestra server makes before it saves a flow: its parser, its constraints, its warnings. */
final class Validator implements AutoCloseable {
    /** What the flow service asks for and validation never reads: empty beans, no database. */
    private static final List<String> UNUSED_BEANS = List.of(
        "repositories.FlowRepositoryInterface", "repositories.FlowTopologyRepositoryInterface",
        "repositories.KvMetadataRepositoryInterface", "repositories.NamespaceFileMetadataRepositoryInterface");

    private final ApplicationContext context;
    private final FlowService service;

    Validator() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("kestra.storage.type", "local");
        config.put("kestra.storage.local.base-path", System.getProperty("java.io.tmpdir"));
        boolean inMemory = hasRunner();
        if (!inMemory) { // 2.x builds its services only on a repository and a queue, however idle
            config.put("kestra.repository.type", "memory");
            config.put("kestra.queue.type", "memory");
        }
        context = ApplicationContext.builder().banner(false).properties(config).start();
        if (inMemory) {
            UNUSED_BEANS.forEach(this::empty);
        }
        service = context.getBean(FlowService.class);
    }

    /** The verdict on one flow: "error" is null when Kestra takes it. */
    Map<String, Object> validate(String source) {
        String error;
        List<String> warnings = new ArrayList<>();
        try {
            ValidateConstraintViolation result = service.validate(Main.TENANT, List.of(new FlowSource("flow", source))).getFirst();
            error = result.getConstraints();
            Optional.ofNullable(result.getDeprecationPaths()).ifPresent(paths -> paths.forEach(path -> warnings.add(path + " is deprecated")));
            Optional.ofNullable(result.getWarnings()).ifPresent(warnings::addAll);
        } catch (Exception e) { // a flow that the server answers with an internal error
            error = e.toString();
        }
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("error", error == null ? null : error.strip());
        verdict.put("warnings", warnings);
        return verdict;
    }

    @Override
    public void close() {
        context.close();
    }

    private static boolean hasRunner() {
        return Validator.class.getResource("Runner.class") != null;
    }

    /** Registers an implementation that holds nothing. */
    @SuppressWarnings("unchecked")
    private void empty(String name) {
        Class<Object> type;
        try {
            type = (Class<Object>) Class.forName("io.kestra.core." + name);
        } catch (ClassNotFoundException e) {
            return; // another version of Kestra
        }
        context.registerSingleton(type, Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[]{type}, (self, method, args) -> switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(self);
            case "equals" -> self == args[0];
            case "toString" -> name;
            default -> method.getReturnType() == Optional.class ? Optional.empty() : null;
        }));
    }
}
