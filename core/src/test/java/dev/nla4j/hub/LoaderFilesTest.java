package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LoaderFilesTest {
    @Test
    void pickles_images_and_other_layouts_are_left_where_they_are() {
        assertThat(LoaderFiles.choose(List.of(
                        ".gitattributes",
                        "config.json",
                        "model.safetensors",
                        "pytorch_model.bin",
                        "optimizer.pt",
                        "x.pkl",
                        "logo.png",
                        "onnx/config.json",
                        "original/model.safetensors",
                        "tiny.gguf",
                        "LICENSE",
                        "chat_template.jinja",
                        "tokenizer.model")))
                .containsExactly(
                        "config.json", "model.safetensors", "LICENSE", "chat_template.jinja", "tokenizer.model");
    }

    @Test
    void a_second_copy_of_the_weights_is_taken_only_when_it_is_the_only_one() {
        assertThat(LoaderFiles.choose(List.of("model.safetensors", "consolidated.safetensors")))
                .containsExactly("model.safetensors");
        assertThat(LoaderFiles.choose(List.of("config.json", "consolidated.safetensors")))
                .containsExactly("config.json", "consolidated.safetensors");
    }

    @Test
    void further_chat_templates_come_along_with_the_folder_that_they_are_for() {
        assertThat(LoaderFiles.choose(List.of(
                        "config.json",
                        "additional_chat_templates/tool_use.jinja",
                        "additional_chat_templates/notes.md",
                        "additional_chat_templates/a b.jinja",
                        "additional_chat_templates/x/rag.jinja",
                        "additional_chat_templates/../../x.jinja",
                        "templates/rag.jinja",
                        "av/nla_meta.yaml",
                        "av/additional_chat_templates/rag.jinja",
                        "onnx/additional_chat_templates/rag.jinja")))
                .containsExactly(
                        "config.json",
                        "additional_chat_templates/tool_use.jinja",
                        "av/nla_meta.yaml",
                        "av/additional_chat_templates/rag.jinja");
    }

    @Test
    void folders_with_a_sidecar_or_an_adapter_are_part_of_the_model() {
        assertThat(LoaderFiles.choose(List.of(
                        "av/nla_meta.yaml",
                        "av/model.safetensors",
                        "ar/adapter_config.json",
                        "ar/value_head.safetensors",
                        "x/model.safetensors")))
                .containsExactly(
                        "av/nla_meta.yaml",
                        "av/model.safetensors",
                        "ar/adapter_config.json",
                        "ar/value_head.safetensors");
    }
}
