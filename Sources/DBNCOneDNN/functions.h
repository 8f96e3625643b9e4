// The functions of oneDNN that are called, and where they are once the library is opened.
// Enumerations are declared as `int`, their type in oneDNN's binary interface.
#pragma once

#include "onednn.h"

typedef conednn_status_t status_t;

// `dnnl_memory_desc_t`, which has been 696 bytes since 2.0.
typedef struct {
  int64_t words[87];
} layout2_t;

// Any operation's descriptor. They are only passed on; a convolution's is the largest, 5976 bytes.
typedef struct {
  int64_t words[768];
} operation2_t;

// The functions that versions 2 and 3 declare alike: result, name, parameters.
#define BOTH(function) \
  function(status_t, engine_create, conednn_engine_t *, int, size_t) \
  function(status_t, engine_destroy, conednn_engine_t) \
  function(int, get_effective_cpu_isa, void) \
  function(status_t, stream_create, conednn_stream_t *, conednn_engine_t, unsigned) \
  function(status_t, stream_wait, conednn_stream_t) \
  function(status_t, stream_destroy, conednn_stream_t) \
  function(size_t, memory_desc_get_size, conednn_const_layout_t) \
  function(int, memory_desc_equal, conednn_const_layout_t, conednn_const_layout_t) \
  function( \
      status_t, memory_create, conednn_memory_t *, conednn_const_layout_t, conednn_engine_t, \
      void *) \
  function(status_t, memory_destroy, conednn_memory_t) \
  function(status_t, post_ops_create, conednn_post_ops_t *) \
  function(status_t, post_ops_destroy, conednn_post_ops_t) \
  function( \
      status_t, post_ops_append_binary, conednn_post_ops_t, int, conednn_const_layout_t) \
  function(status_t, primitive_attr_create, conednn_attributes_t *) \
  function(status_t, primitive_attr_destroy, conednn_attributes_t) \
  function(status_t, primitive_attr_set_scratchpad_mode, conednn_attributes_t, int) \
  function(status_t, primitive_attr_set_post_ops, conednn_attributes_t, conednn_post_ops_t) \
  function( \
      status_t, reorder_primitive_desc_create, conednn_description_t *, conednn_const_layout_t, \
      conednn_engine_t, conednn_const_layout_t, conednn_engine_t, conednn_attributes_t) \
  function(status_t, primitive_desc_destroy, conednn_description_t) \
  function(status_t, primitive_desc_query, conednn_description_t, int, int, void *) \
  function( \
      conednn_const_layout_t, primitive_desc_query_md, conednn_description_t, int, int) \
  function(status_t, primitive_create, conednn_primitive_t *, conednn_description_t) \
  function( \
      status_t, primitive_execute, conednn_primitive_t, conednn_stream_t, int, \
      const conednn_exec_arg_t *) \
  function(status_t, primitive_destroy, conednn_primitive_t)

#define VERSION_2(function) \
  function(status_t, memory_desc_init_by_tag, layout2_t *, int, const int64_t *, int, int) \
  function( \
      status_t, memory_desc_init_by_strides, layout2_t *, int, const int64_t *, int, \
      const int64_t *) \
  function( \
      status_t, post_ops_append_eltwise, conednn_post_ops_t, float, int, float, float) \
  function(status_t, post_ops_append_sum, conednn_post_ops_t, float) \
  function( \
      status_t, dilated_convolution_forward_desc_init, operation2_t *, int, int, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, const int64_t *, const int64_t *, const int64_t *, \
      const int64_t *) \
  function( \
      status_t, dilated_deconvolution_forward_desc_init, operation2_t *, int, int, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, const int64_t *, const int64_t *, const int64_t *, \
      const int64_t *) \
  function( \
      status_t, inner_product_forward_desc_init, operation2_t *, int, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_const_layout_t) \
  function( \
      status_t, matmul_desc_init, operation2_t *, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t) \
  function( \
      status_t, layer_normalization_forward_desc_init, operation2_t *, int, \
      conednn_const_layout_t, conednn_const_layout_t, float, unsigned) \
  function( \
      status_t, softmax_forward_desc_init, operation2_t *, int, conednn_const_layout_t, int) \
  function( \
      status_t, pooling_v2_forward_desc_init, operation2_t *, int, int, conednn_const_layout_t, \
      conednn_const_layout_t, const int64_t *, const int64_t *, const int64_t *, \
      const int64_t *, const int64_t *) \
  function( \
      status_t, eltwise_forward_desc_init, operation2_t *, int, int, conednn_const_layout_t, \
      float, float) \
  function( \
      status_t, binary_desc_init, operation2_t *, int, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t) \
  function( \
      status_t, concat_primitive_desc_create, conednn_description_t *, conednn_const_layout_t, \
      int, int, const layout2_t *, conednn_attributes_t, conednn_engine_t) \
  function( \
      status_t, primitive_desc_create, conednn_description_t *, const operation2_t *, \
      conednn_attributes_t, conednn_engine_t, conednn_description_t)

#define VERSION_3(function) \
  function( \
      status_t, memory_desc_create_with_tag, conednn_layout_t *, int, const int64_t *, int, int) \
  function( \
      status_t, memory_desc_create_with_strides, conednn_layout_t *, int, const int64_t *, int, \
      const int64_t *) \
  function(status_t, memory_desc_clone, conednn_layout_t *, conednn_const_layout_t) \
  function(status_t, memory_desc_destroy, conednn_layout_t) \
  function(status_t, post_ops_append_eltwise, conednn_post_ops_t, int, float, float) \
  function(status_t, post_ops_append_sum, conednn_post_ops_t, float, int32_t, int) \
  function( \
      status_t, convolution_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, int, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t, const int64_t *, const int64_t *, \
      const int64_t *, const int64_t *, conednn_attributes_t) \
  function( \
      status_t, deconvolution_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, int, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t, const int64_t *, const int64_t *, \
      const int64_t *, const int64_t *, conednn_attributes_t) \
  function( \
      status_t, inner_product_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_attributes_t) \
  function( \
      status_t, matmul_primitive_desc_create, conednn_description_t *, conednn_engine_t, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, conednn_attributes_t) \
  function( \
      status_t, layer_normalization_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_const_layout_t, float, unsigned, conednn_attributes_t) \
  function( \
      status_t, softmax_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, int, conednn_const_layout_t, conednn_const_layout_t, int, \
      conednn_attributes_t) \
  function( \
      status_t, pooling_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, int, conednn_const_layout_t, conednn_const_layout_t, \
      const int64_t *, const int64_t *, const int64_t *, const int64_t *, const int64_t *, \
      conednn_attributes_t) \
  function( \
      status_t, eltwise_forward_primitive_desc_create, conednn_description_t *, \
      conednn_engine_t, int, int, conednn_const_layout_t, conednn_const_layout_t, float, float, \
      conednn_attributes_t) \
  function( \
      status_t, binary_primitive_desc_create, conednn_description_t *, conednn_engine_t, int, \
      conednn_const_layout_t, conednn_const_layout_t, conednn_const_layout_t, \
      conednn_attributes_t) \
  function( \
      status_t, concat_primitive_desc_create, conednn_description_t *, conednn_engine_t, \
      conednn_const_layout_t, int, int, const conednn_const_layout_t *, conednn_attributes_t)

#define MEMBER(result, name, ...) result (*name)(__VA_ARGS__);

extern struct conednn_both {
  BOTH(MEMBER)
} conednn_both;

extern struct conednn_two {
  VERSION_2(MEMBER)
} conednn_two;

extern struct conednn_three {
  VERSION_3(MEMBER)
} conednn_three;

// Whether the library is version 3: 0 or 1, the index of the tables in `numbers.h`.
extern int conednn_is_version_3;

// Short names for those who call them.
#define both conednn_both
#define two conednn_two
#define three conednn_three
#define is_version_3 conednn_is_version_3
