#include <stdlib.h>

#include "functions.h"
#include "numbers.h"

// MARK: Engines, streams and memory

status_t conednn_engine_create(conednn_engine_t *engine) {
  return both.engine_create(engine, cpu, 0);
}

status_t conednn_engine_destroy(conednn_engine_t engine) { return both.engine_destroy(engine); }

status_t conednn_stream_create(conednn_stream_t *stream, conednn_engine_t engine) {
  return both.stream_create(stream, engine, default_stream);
}

status_t conednn_stream_wait(conednn_stream_t stream) { return both.stream_wait(stream); }

status_t conednn_stream_destroy(conednn_stream_t stream) { return both.stream_destroy(stream); }

// Bit 5 is set for AVX-512 (`dnnl_cpu_isa_avx512_core`) and all that extends it.
int conednn_block_size(void) { return both.get_effective_cpu_isa() & 0x20 ? 16 : 8; }

// Bit 2 is set from AVX2 on (`dnnl_cpu_isa_avx2`).
int conednn_is_processor_supported(void) {
#if defined(__x86_64__)
  return (both.get_effective_cpu_isa() & 0x4) != 0;
#else
  return 1;
#endif
}

status_t conednn_memory_create(
    conednn_memory_t *memory, conednn_const_layout_t layout, conednn_engine_t engine, void *bytes) {
  return both.memory_create(memory, layout, engine, bytes);
}

status_t conednn_memory_destroy(conednn_memory_t memory) { return both.memory_destroy(memory); }

// MARK: Layouts

status_t conednn_layout_copy(conednn_layout_t *layout, conednn_const_layout_t original) {
  if (is_version_3) return three.memory_desc_clone(layout, original);
  layout2_t *copy = (layout2_t *)malloc(sizeof(layout2_t));
  if (!copy) return conednn_out_of_memory;
  *copy = *(const layout2_t *)original;
  *layout = (conednn_layout_t)copy;
  return conednn_success;
}

status_t conednn_layout_with_tag(
    conednn_layout_t *layout, int rank, const int64_t *shape, conednn_format_tag_t tag) {
  int number = tags[tag][is_version_3];
  if (is_version_3) return three.memory_desc_create_with_tag(layout, rank, shape, float32, number);
  layout2_t made;
  status_t status = two.memory_desc_init_by_tag(&made, rank, shape, float32, number);
  return status == conednn_success
      ? conednn_layout_copy(layout, (conednn_const_layout_t)&made) : status;
}

status_t conednn_layout_with_strides(
    conednn_layout_t *layout, int rank, const int64_t *shape, const int64_t *strides) {
  if (is_version_3) {
    return three.memory_desc_create_with_strides(layout, rank, shape, float32, strides);
  }
  layout2_t made;
  status_t status = two.memory_desc_init_by_strides(&made, rank, shape, float32, strides);
  return status == conednn_success
      ? conednn_layout_copy(layout, (conednn_const_layout_t)&made) : status;
}

void conednn_layout_destroy(conednn_layout_t layout) {
  if (is_version_3) {
    three.memory_desc_destroy(layout);
  } else {
    free(layout);
  }
}

size_t conednn_layout_size(conednn_const_layout_t layout) {
  return both.memory_desc_get_size(layout);
}

int conednn_layout_equal(conednn_const_layout_t left, conednn_const_layout_t right) {
  return both.memory_desc_equal(left, right);
}

// MARK: Attributes

status_t conednn_post_ops_create(conednn_post_ops_t *operations) {
  return both.post_ops_create(operations);
}

status_t conednn_post_ops_destroy(conednn_post_ops_t operations) {
  return both.post_ops_destroy(operations);
}

status_t conednn_append_eltwise(
    conednn_post_ops_t operations, conednn_alg_kind_t algorithm, float alpha, float beta) {
  int number = algorithms[algorithm][is_version_3];
  return is_version_3 ? three.post_ops_append_eltwise(operations, number, alpha, beta)
                      : two.post_ops_append_eltwise(operations, 1, number, alpha, beta);
}

status_t conednn_append_sum(conednn_post_ops_t operations) {
  return is_version_3 ? three.post_ops_append_sum(operations, 1, 0, undefined_type)
                      : two.post_ops_append_sum(operations, 1);
}

status_t conednn_append_binary(
    conednn_post_ops_t operations, conednn_alg_kind_t algorithm, conednn_const_layout_t operand) {
  return both.post_ops_append_binary(operations, algorithms[algorithm][is_version_3], operand);
}

int conednn_binary_argument(int index) {
  return post_operation_bases[is_version_3] * (index + 1) | CONEDNN_ARG_SRC_1;
}

status_t conednn_attributes_create(conednn_attributes_t *attributes) {
  return both.primitive_attr_create(attributes);
}

status_t conednn_attributes_set(
    conednn_attributes_t attributes, conednn_post_ops_t operations) {
  status_t status =
      both.primitive_attr_set_scratchpad_mode(attributes, caller_has_scratchpad);
  return status == conednn_success
      ? both.primitive_attr_set_post_ops(attributes, operations) : status;
}

status_t conednn_attributes_destroy(conednn_attributes_t attributes) {
  return both.primitive_attr_destroy(attributes);
}

// MARK: Primitive descriptors

static status_t describe2(
    status_t status, conednn_description_t *description, const operation2_t *operation,
    conednn_engine_t engine, conednn_attributes_t attributes) {
  if (status != conednn_success) return status;
  return two.primitive_desc_create(description, operation, attributes, engine, NULL);
}

status_t conednn_convolution(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding) {
  if (is_version_3) {
    return three.convolution_forward_primitive_desc_create(
        description, engine, forward_inference, convolution_direct, source, weights, bias, target,
        strides, dilations, padding, padding, attributes);
  }
  operation2_t operation;
  status_t status = two.dilated_convolution_forward_desc_init(
      &operation, forward_inference, convolution_direct, source, weights, bias, target, strides,
      dilations, padding, padding);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_deconvolution(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after) {
  if (is_version_3) {
    return three.deconvolution_forward_primitive_desc_create(
        description, engine, forward_inference, deconvolution_direct, source, weights, bias,
        target, strides, dilations, padding_before, padding_after, attributes);
  }
  operation2_t operation;
  status_t status = two.dilated_deconvolution_forward_desc_init(
      &operation, forward_inference, deconvolution_direct, source, weights, bias, target, strides,
      dilations, padding_before, padding_after);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_inner_product(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target) {
  if (is_version_3) {
    return three.inner_product_forward_primitive_desc_create(
        description, engine, forward_inference, source, weights, bias, target, attributes);
  }
  operation2_t operation;
  status_t status = two.inner_product_forward_desc_init(
      &operation, forward_inference, source, weights, bias, target);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_matmul(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t left, conednn_const_layout_t right, conednn_const_layout_t target) {
  if (is_version_3) {
    return three.matmul_primitive_desc_create(
        description, engine, left, right, NULL, target, attributes);
  }
  operation2_t operation;
  status_t status = two.matmul_desc_init(&operation, left, right, NULL, target);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_layer_norm(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t layout, float epsilon, int has_scale, int has_shift) {
  unsigned flags = (has_scale ? scale_flags[is_version_3] : 0)
      | (has_shift ? shift_flags[is_version_3] : 0);
  if (is_version_3) {
    return three.layer_normalization_forward_primitive_desc_create(
        description, engine, forward_inference, layout, layout, NULL, epsilon, flags, attributes);
  }
  operation2_t operation;
  status_t status = two.layer_normalization_forward_desc_init(
      &operation, forward_inference, layout, NULL, epsilon, flags);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_softmax(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t layout, int dimension) {
  if (is_version_3) {
    return three.softmax_forward_primitive_desc_create(
        description, engine, forward_inference, softmax_accurate, layout, layout, dimension,
        attributes);
  }
  operation2_t operation;
  status_t status =
      two.softmax_forward_desc_init(&operation, forward_inference, layout, dimension);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_pooling(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t source, conednn_const_layout_t target,
    const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after) {
  int number = algorithms[algorithm][is_version_3];
  if (is_version_3) {
    return three.pooling_forward_primitive_desc_create(
        description, engine, forward_inference, number, source, target, strides, kernel, dilations,
        padding_before, padding_after, attributes);
  }
  operation2_t operation;
  status_t status = two.pooling_v2_forward_desc_init(
      &operation, forward_inference, number, source, target, strides, kernel, dilations,
      padding_before, padding_after);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_eltwise(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t layout, float alpha, float beta) {
  int number = algorithms[algorithm][is_version_3];
  if (is_version_3) {
    return three.eltwise_forward_primitive_desc_create(
        description, engine, forward_inference, number, layout, layout, alpha, beta, attributes);
  }
  operation2_t operation;
  status_t status = two.eltwise_forward_desc_init(
      &operation, forward_inference, number, layout, alpha, beta);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_binary(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t first, conednn_const_layout_t second,
    conednn_const_layout_t target) {
  int number = algorithms[algorithm][is_version_3];
  if (is_version_3) {
    return three.binary_primitive_desc_create(
        description, engine, number, first, second, target, attributes);
  }
  operation2_t operation;
  status_t status = two.binary_desc_init(&operation, number, first, second, target);
  return describe2(status, description, &operation, engine, attributes);
}

status_t conednn_concat(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t target, int count, int dimension,
    const conednn_const_layout_t *sources) {
  if (is_version_3) {
    return three.concat_primitive_desc_create(
        description, engine, target, count, dimension, sources, attributes);
  }
  layout2_t *structs = (layout2_t *)malloc(count * sizeof(layout2_t));
  if (!structs) return conednn_out_of_memory;
  for (int index = 0; index < count; index++) structs[index] = *(const layout2_t *)sources[index];
  status_t status = two.concat_primitive_desc_create(
      description, target, count, dimension, structs, attributes, engine);
  free(structs);
  return status;
}

status_t conednn_reorder(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t target) {
  return both.reorder_primitive_desc_create(
      description, source, engine, target, engine, attributes);
}

status_t conednn_description_destroy(conednn_description_t description) {
  return both.primitive_desc_destroy(description);
}

conednn_const_layout_t conednn_description_layout(
    conednn_description_t description, conednn_query_t operand) {
  return both.primitive_desc_query_md(description, operand, 0);
}

const char *conednn_implementation(conednn_description_t description) {
  const char *name = NULL;
  status_t status =
      both.primitive_desc_query(description, conednn_query_impl_info_str, 0, &name);
  return status == conednn_success ? name : NULL;
}

// MARK: Primitives

status_t conednn_primitive_create(
    conednn_primitive_t *primitive, conednn_description_t description) {
  return both.primitive_create(primitive, description);
}

status_t conednn_primitive_execute(
    conednn_primitive_t primitive, conednn_stream_t stream, int count,
    const conednn_exec_arg_t *arguments) {
  return both.primitive_execute(primitive, stream, count, arguments);
}

status_t conednn_primitive_destroy(conednn_primitive_t primitive) {
  return both.primitive_destroy(primitive);
}

// MARK: Numbers

int conednn_all_finite(const float *values, size_t count) {
  float zero = 0;
  for (size_t index = 0; index < count; index++) zero += values[index] * 0;
  return zero == 0;
}
